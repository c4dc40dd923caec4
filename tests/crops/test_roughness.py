"""How noisy depth is, told without a pose: planes have none, noise is measured, edges do not count."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop, depth_roughness, depth_tolerance
from objpose.geometry import Camera

SIZE = 48
CAMERA = Camera.from_K([300.0, 0, 23.5, 0, 300.0, 23.5, 0, 0, 1], SIZE, SIZE)
ROW, COLUMN = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
DISC = (ROW - 24).square() + (COLUMN - 24).square() < 18**2


def seen(depth: Tensor, mask: Tensor = DISC) -> Crop:
    everywhere = torch.ones(SIZE, SIZE, dtype=torch.bool)
    return Crop(torch.zeros(SIZE, SIZE, 3), depth, mask, everywhere, CAMERA)


def noise(sigma: float) -> Tensor:
    return sigma * torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def test_a_slanted_plane_is_smooth() -> None:
    assert depth_roughness(seen(1.0 + 0.01 * ROW - 0.02 * COLUMN)) < 1e-6


@pytest.mark.parametrize("sigma", [0.001, 0.02])
def test_noise_is_told_beside_edges_and_holes_and_what_is_not_of_the_mask(sigma: float) -> None:
    depth = 1.0 + 0.01 * ROW + 0.3 * (COLUMN > 24) + noise(sigma)
    holes = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(1)) < 0.1
    around = torch.where(DISC, depth, 5 * noise(1.0))
    assert depth_roughness(seen(around.masked_fill(holes, 0.0))) == pytest.approx(sigma, rel=0.2)


def test_steps_of_the_sensor_are_noise() -> None:
    """Of a step q, as every rounding, q over the root of 12."""
    step = 0.02
    depth = ((1.0 + 0.003 * ROW + 0.0011 * COLUMN) / step).round() * step
    assert depth_roughness(seen(depth)) == pytest.approx(step / 12**0.5, rel=0.4)


def test_a_ball_is_as_smooth_as_is_said() -> None:
    """Of n pixels: 7 / n^2 of its diameter."""
    radius = 18.0
    bulge = (radius**2 - (ROW - 24.0).square() - (COLUMN - 24.0).square()).clamp_min(0.0).sqrt()
    diameter = 0.1
    found = depth_roughness(seen(1.0 - bulge * diameter / (2 * radius)))
    assert found / diameter == pytest.approx(7 / (2 * radius) ** 2, rel=0.5)


@pytest.mark.parametrize("few", [0, 3])
def test_too_few_pixels_tell_nothing(few: int) -> None:
    mask = DISC & (ROW >= 24) & (24 + few > ROW) & (COLUMN >= 22) & (COLUMN < 25)
    assert depth_roughness(seen(1.0 + noise(0.1), mask)) == 0.0


def test_depth_may_differ_by_three_sigmas_or_what_is_asked_for() -> None:
    rough = seen(1.0 + noise(0.01))
    assert depth_tolerance(rough, 0.1) == 0.1
    assert depth_tolerance(rough, 0.001) == pytest.approx(3 * depth_roughness(rough))
