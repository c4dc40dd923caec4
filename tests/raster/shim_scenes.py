"""Splats for the CUDA kernels on the shim, and what holds of them; few, for every thread is a fiber."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from objpose.raster import Splats
from objpose.raster.cuda import splats as cuda_splats
from objpose.raster.twin import splats as splat_twin
from tests.raster.splat_scenes import assert_near, cameras, random_splats

SIZE = (21, 18)  # two tiles by two, most of them cut


def scene(count: int, views: int, coefficients: int = 0, size: float = 0.02) -> tuple[Splats, tuple]:
    transforms, K, *_ = cameras(views)
    K = K.clone()
    K[:, :2] *= 0.5
    return random_splats(count, coefficients=coefficients, size=size), (transforms, K, *SIZE)


def assert_all_near(found: tuple[Tensor, ...], expected: tuple[Tensor, ...], tolerance: float = 1e-4) -> None:
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, tolerance)


def noise(*like: Tensor) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(tensor.shape, generator=generator) for tensor in like]


def assert_blended_alike(*arguments: Any) -> tuple[Tensor, ...]:
    """Images and gradients as the twin's; returns the twin's images."""
    (found, walk), (expected, of_twin) = (core.blend_splats(*arguments) for core in (cuda_splats, splat_twin))
    assert_all_near(found, expected)
    assert_near(walk.light, of_twin.light)
    gradients = noise(*found)
    back = cuda_splats.blend_splats_adjoint(*arguments, walk, *gradients)
    assert_all_near(back, splat_twin.blend_splats_adjoint(*arguments, of_twin, *gradients))
    return expected
