"""What cameras and segmenters add to drawn photos: exposure, blur, noise; rough masks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.poses.rivals.pictures import GAMMA, SIDE, widened
from training.drawn.draws import field, happens, uniform


def developed(scene: Tensor, native: int, rng: torch.Generator) -> Tensor:
    """(P, 3, SIDE, SIDE) in [0, 1]: exposure, white balance, tone, blur, noise, coarse chroma."""
    one = (len(scene), 1, 1, 1)
    bright = scene.mean((1, 2, 3), keepdim=True).clamp_min(0.02)
    exposure = (0.28 / bright).pow(uniform(0.2, 0.9, one, rng)) * (uniform(-0.35, 0.8, one, rng)).exp()
    cast = (0.12 * torch.randn(len(scene), 3, 1, 1, generator=rng, device=rng.device)).exp()
    veil = uniform(0, 0.12, one, rng) * happens(0.4, one, rng)  # of light that the lens strays
    seen = (scene * exposure * cast + veil).clamp(0, 1.5)
    seen = functional.interpolate(seen, size=(native, native), mode="area").clamp(1e-4, 1)
    seen = seen.pow((1 / GAMMA) * (0.15 * torch.randn(one, generator=rng, device=rng.device)).exp())
    for _ in range(2):
        soft = softened(seen)
        seen = seen + uniform(0, 1, one, rng).square() * (soft - seen)
    sigma = uniform(-6.2, -2.9, one, rng).exp()
    noise = torch.randn(seen.shape, generator=rng, device=rng.device)
    seen = (seen + noise * sigma * (2 * seen.clamp_min(0.1)).sqrt()).clamp(0, 1)
    grey = seen.mean(1, keepdim=True)
    chroma = functional.avg_pool2d(functional.pad(seen - grey, (1, 1, 1, 1), mode="replicate"), 3, 1)
    seen = torch.where(happens(0.5, one, rng) > 0, (grey + chroma).clamp(0, 1), seen)
    return seen if native == SIDE else widened(seen, SIDE)


def softened(images: Tensor) -> Tensor:
    return functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)


def rough(visible: Tensor, others: Tensor, rng: torch.Generator) -> Tensor:
    """(P, S, S) 0 or 1: a wandering border, a spill into neighbours, a bite at times."""
    count, size = len(visible), visible.shape[-1]
    one = (count, 1, 1)
    soft = functional.avg_pool2d(visible[:, None], 5, 1, 2, count_include_pad=False)[:, 0]
    wander = uniform(0, 0.3, one, rng) * field(count, 10, size, rng) + 0.1 * torch.randn(
        one, generator=rng, device=rng.device
    )
    mask = soft + wander * (soft > 0.02) * (soft < 0.98) > 0.5
    near = functional.avg_pool2d(visible[:, None], 9, 1, 4)[:, 0]
    spill = (others > 0.5) & (near > uniform(0.1, 0.6, one, rng)) & (field(count, 2, size, rng) > 0)
    mask = mask | (spill & (happens(0.25, one, rng) > 0))
    place = torch.arange(size, device=rng.device)
    x, y = (uniform(0.15 * size, 0.85 * size, one, rng) for _ in range(2))
    far = (place - x).square() + (place[:, None] - y).square() > (
        uniform(0.03, 0.15, one, rng) * size
    ).square()
    return (mask & (far | (happens(0.15, one, rng) == 0))).float()
