"""Random numbers beside the pictures that they are for: nothing waits for the host."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import SO3


def uniform(low: float, high: float, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=rng, device=rng.device)


def log_uniform(low: float, high: float, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return low * (high / low) ** torch.rand(shape, generator=rng, device=rng.device)


def happens(chance: float, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return (torch.rand(shape, generator=rng, device=rng.device) < chance).float()


def normal(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=rng, device=rng.device)


def random_rotations(count: int, rng: torch.Generator) -> Tensor:
    wxyz = torch.randn(count, 4, generator=rng, device=rng.device)
    return SO3(functional.normalize(wxyz, dim=-1)).matrix()


def field(count: int, cells: int, size: int, rng: torch.Generator) -> Tensor:
    """(P, size, size) smooth noise of about unit spread."""
    coarse = torch.randn(count, 1, cells + 2, cells + 2, generator=rng, device=rng.device)
    return functional.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)[:, 0]
