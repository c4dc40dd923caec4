"""Exposure: drawn colours come out as a camera under some light would have shown them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from objpose.poses.rivals.exposure import BLUR, LARGEST_CAST, exposed, washed_out
from tests.poses.objects import patches

EVERYWHERE = torch.ones(1, 40, 40)


def linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def photographed(colors: Tensor, gain: tuple[float, float, float]) -> Tensor:
    """(S, S, 3) sRGB of drawn colours (S, S, 3), blurred, times a gain in linear light, clipped."""
    light = linear(colors.double().numpy())
    for axis in (0, 1):
        light = ndimage.convolve1d(light, BLUR, axis=axis, mode="nearest")
    light = np.clip(light * np.array(gain), 0, 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    return torch.from_numpy(srgb).float()


@pytest.mark.parametrize(
    "gain", [(1.0, 1.0, 1.0), (0.3, 0.35, 0.25), (1.1, 1.3, 1.0), (3.0, 2.5, 2.8)], ids=str
)
def test_an_image_of_drawn_colours_is_reproduced(gain: tuple[float, float, float]) -> None:
    """The brightest gain makes white of most of it."""
    colors = patches(0)
    seen = photographed(colors, gain)
    assert float((exposed(colors[None], seen, EVERYWHERE)[0] - seen).abs().max()) < 0.01


def test_a_cast_beyond_the_limit_is_not_followed() -> None:
    """It would be another paint."""
    colors = 0.5 * patches(1)
    seen = photographed(colors, (4.0, 1.0, 0.25))
    found = exposed(colors[None], seen, EVERYWHERE)[0]
    by = np.log(linear(found.double().numpy()).mean((0, 1)) / linear(colors.double().numpy()).mean((0, 1)))
    assert by[0] - by[1] == pytest.approx(LARGEST_CAST, abs=0.02)
    assert by[2] - by[1] == pytest.approx(-LARGEST_CAST, abs=0.02)
    assert float((found - seen).abs().max()) > 0.1


def test_thin_letters_on_white_are_washed_out_before_thick_ones() -> None:
    page = torch.full((40, 40, 3), 0.9)
    page[:, 8:9], page[:, 20:28] = 0.1, 0.1
    bright, dark = (exposed(page[None], photographed(page, 3 * (gain,)), EVERYWHERE)[0] for gain in (2.5, 1))
    assert float(bright[20, 8].mean()) > float(dark[20, 8].mean()) + 0.1
    assert float(bright[20, 8].mean()) > float(bright[20, 24].mean()) + 0.4
    assert float(bright[20, 2].mean()) == pytest.approx(1.0)


def test_one_light_shines_on_all_drawings() -> None:
    """A darker paint stays darker, whichever of them was photographed."""
    colors = patches(2)
    dark = torch.from_numpy(0.5 * linear(colors.double().numpy())).float()
    dark = photographed(colors, (0.5, 0.5, 0.5))
    both = exposed(
        torch.stack([colors, dark]), photographed(colors, (0.8, 0.8, 0.8)), EVERYWHERE.repeat(2, 1, 1)
    )
    assert bool((both[1].mean((0, 1)) < both[0].mean((0, 1)) - 0.05).all())


def test_pixels_without_weight_tell_nothing_of_the_light() -> None:
    colors = patches(3)
    seen = photographed(colors, (0.6, 0.5, 0.7))
    spoilt, weight = seen.clone(), EVERYWHERE.clone()
    spoilt[:, :16], weight[:, :, :16] = 1.0, 0.0
    found = exposed(colors[None], spoilt, weight)[0]
    assert float((found - seen).abs().max()) < 0.01


def test_what_ran_over_everywhere_stays_white() -> None:
    """By how much, nothing tells."""
    white = torch.ones(40, 40, 3)
    found = exposed(patches(4)[None], white, EVERYWHERE)
    assert bool(torch.isfinite(found).all()) and float(found.mean()) > float(patches(4).mean())


def test_where_it_glares_drawings_are_as_pale_as_the_photo() -> None:
    """A line keeps its hue on the way to white; one that is not seen is gone; a blank stays one."""
    red, column = torch.tensor([0.8, 0.2, 0.1]), torch.arange(40)
    line = torch.where((column == 12)[None, :, None], red, torch.ones(40, 40, 3))
    other, blank = line.roll(12, 1), torch.ones(40, 40, 3)
    seen = line + 0.7 * (1 - line)
    found = washed_out(torch.stack([line, other, blank]), seen, torch.ones(40, 40, dtype=torch.bool))
    torch.testing.assert_close(found[0], seen)
    torch.testing.assert_close(found[1:], torch.ones(2, 40, 40, 3))


def test_where_nothing_has_run_over_drawings_stay_as_they_are() -> None:
    """Nor where only what does not show the object has."""
    drawn, seen = patches(5)[None], 0.9 * patches(6)
    everywhere = torch.ones(40, 40, dtype=torch.bool)
    assert torch.equal(washed_out(drawn, seen, everywhere), drawn)
    beside, shown = seen.clone(), everywhere.clone()
    beside[:, :20], shown[:, :20] = 1.0, False
    assert torch.equal(washed_out(drawn, beside, shown), drawn)
