"""Transforms and shapes that the geometry tests draw from."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, SO3

BATCH_SHAPES = [(), (1,), (3, 1, 2)]
# All over the group, as the exponential of a large tangent, or next to the identity.
KINDS = ["uniform", "tangent", "near_identity"]


def draw(group: type, batch_shape: tuple[int, ...], kind: str, seed: int, dtype: torch.dtype) -> SO3 | SE3:
    """A batch of transforms of the group."""
    generator = torch.Generator().manual_seed(seed)
    tangent = torch.randn((*batch_shape, 3 if group is SO3 else 6), generator=generator, dtype=dtype)
    if kind == "near_identity":
        return group.exp(1e-7 * tangent)
    if kind == "tangent":
        return group.exp(2 * tangent)
    rotation = SO3.random(batch_shape, generator, dtype)
    return rotation if group is SO3 else SE3.from_rotation_translation(rotation, tangent[..., :3])


def assert_same(first: SO3 | SE3, second: SO3 | SE3) -> None:
    """Equal transforms, whatever the signs of their quaternions; a NaN is never equal."""
    torch.testing.assert_close(first.matrix(), second.matrix(), **tolerance(first.matrix().dtype))


def tolerance(dtype: torch.dtype) -> dict[str, float]:
    return {"rtol": 2e-5, "atol": 2e-5} if dtype is torch.float32 else {"rtol": 1e-9, "atol": 1e-9}


def random_points(shape: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)
