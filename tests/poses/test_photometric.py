"""Colour residuals: their gradient against finite differences of their cost."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import Camera
from objpose.poses.residuals import Photometric
from objpose.raster import Pixels
from objpose.raster.drawn.light import appearance_channels

SIZE, DEPTH = 48, 0.5
CAMERA = Camera.from_K([200.0, 0, 23.5, 0, 230.0, 23.5, 0, 0, 1], SIZE, SIZE)
MIDDLE = torch.tensor([0.0, 0.0, DEPTH])


def picture(u: Tensor, v: Tensor) -> Tensor:
    """(..., 3) smooth colours at columns and rows."""
    waves = torch.stack(
        [torch.sin(0.11 * u + 0.05 * v), torch.cos(0.13 * v - 0.4), torch.sin(0.09 * (u + v))]
    )
    return 0.5 + 0.3 * waves.movedim(0, -1)


def grid() -> tuple[Tensor, Tensor]:
    v, u = torch.meshgrid(torch.arange(SIZE).float(), torch.arange(SIZE).float(), indexing="ij")
    return u, v


def plane() -> Photometric:
    """The residuals of a painted plane at DEPTH that fills the crop, about its middle."""
    everywhere = torch.ones(SIZE, SIZE, dtype=torch.bool)
    crop = Crop(picture(*grid()), torch.zeros(SIZE, SIZE), everywhere, everywhere, CAMERA)
    inner = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inner[6:-6, 6:-6] = True
    return Photometric(crop, Pixels.of(CAMERA, inner))


def system(shift: Tensor, light: float = 1.0, drawn: bool = True):
    """Of the plane moved by shift (B, 3) metres, in another light."""
    u, v = grid()
    moved = shift[:, None, None] / DEPTH * torch.tensor([200.0, 230.0, 0.0])
    color = light * picture(u - moved[..., 0], v - moved[..., 1])
    depth = torch.full(color.shape[:3], DEPTH * drawn)
    return plane().compared(color, depth, MIDDLE.expand(len(shift), 3))


@pytest.mark.parametrize("start", [(0.002, 0.0), (0.0, -0.002), (-0.001, 0.0015)])
def test_the_gradient_of_a_shift_is_that_of_the_cost(start: tuple[float, float]) -> None:
    """The light, fitted anew, takes part in both."""
    at = torch.tensor([[*start, 0.0]])
    step = 1e-4 * torch.eye(3)[:2]
    ahead, behind = system(at + step).cost, system(at - step).cost
    expected = (ahead - behind) / 2e-4
    found = system(at).gradient[0, :2]
    assert float(torch.cosine_similarity(found, expected, dim=0)) > 0.97
    assert float(found.norm() / expected.norm()) == pytest.approx(1.0, abs=0.2)


def test_the_picture_itself_costs_nothing_and_pulls_nowhere() -> None:
    home, away = system(torch.zeros(1, 3)), system(torch.tensor([[0.003, 0.0, 0.0]]))
    assert float(home.cost) < 1e-3 * float(away.cost)
    assert float(home.gradient.norm()) < 1e-3 * float(away.gradient.norm())


@pytest.mark.parametrize("light", [0.7, 1.2])
def test_another_exposure_is_forgiven(light: float) -> None:
    home, away = system(torch.zeros(1, 3), light), system(torch.tensor([[0.003, 0.0, 0.0]]), light)
    assert float(home.cost) < 0.25 * float(away.cost)


def test_pixels_that_the_rendering_misses_cost_a_fixed_price() -> None:
    """Neither nothing, which would reward the object for leaving, nor more than a bad match."""
    missed = system(torch.zeros(2, 3), drawn=False)
    pixels = plane().pixels.size
    assert missed.cost.tolist() == pytest.approx([3 * math.log(1 + 2**2) / 2 * pixels] * 2)
    assert float(missed.gradient.abs().max()) == 0.0 == float(missed.normal.abs().max())


def test_far_colours_weigh_little() -> None:
    """Cauchy's weight: a reflection on a tenth of the pixels leaves the pull where it was."""
    problem, (u, v) = plane(), grid()
    color = picture(u - 0.8, v)[None]
    spoiled = color.clone()
    spoiled.view(-1, 3)[problem.pixels.place[::10].long()] = 1.0
    rest = torch.full((1, SIZE, SIZE), DEPTH), MIDDLE[None]
    one, other = problem.compared(color, *rest), problem.compared(spoiled, *rest)
    assert float(appearance_channels(spoiled - color).abs().max()) > 0
    assert float((one.gradient - other.gradient)[0, 0].abs()) < 0.35 * float(one.gradient[0, 0].abs())
