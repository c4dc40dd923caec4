"""Another light moves the appearance alone."""

from __future__ import annotations

from dataclasses import replace

import torch

from objpose.comparison import Crop
from objpose.raster import render_splats, with_degree
from objpose.splatting import adapted_splats
from objpose.splatting.adapt import affine_exposure
from tests.splatting.pictures import SIZE, TRUTH, blob_splats, picture


def test_an_affine_light_is_found_in_closed_form() -> None:
    colors = torch.rand(50, 3, generator=torch.Generator().manual_seed(0))
    gain, offset = torch.tensor([0.5, 1.2, 0.8]), torch.tensor([0.1, -0.05, 0.0])
    found = affine_exposure(colors, colors * gain + offset)
    torch.testing.assert_close(found, torch.stack([gain, offset], dim=1), rtol=1e-4, atol=1e-5)


def test_too_few_pixels_and_flat_colours_leave_the_light_alone() -> None:
    torch.testing.assert_close(affine_exposure(torch.zeros(3, 3), torch.ones(3, 3))[:, 0], torch.ones(3))
    found = affine_exposure(torch.full((50, 3), 0.4), torch.full((50, 3), 0.6))
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.2]]).repeat(3, 1))


def test_appearance_moves_and_geometry_stays() -> None:
    """The object is lit from the right: harmonics learn it, nothing else changes."""
    splats = blob_splats()
    crop = picture(splats, TRUTH, with_depth=False)
    ramp = torch.linspace(0.4, 1.0, SIZE)[None, :, None]
    lit = Crop(crop.rgb * ramp, crop.depth, crop.mask, crop.inside, crop.camera)
    adapted, exposure = adapted_splats(splats, lit, TRUTH, steps=25)
    for name in ("means", "wxyz", "scales", "opacities"):
        assert torch.equal(getattr(adapted, name), getattr(splats, name))
    torch.testing.assert_close(adapted.sh[:, :1], with_degree(splats, 0))
    plain = replace(splats, colors=None, sh=with_degree(splats, 1))
    before, after = (_misfit(model, lit) for model in (plain, adapted))
    assert after < 0.8 * before and exposure.shape == (3, 2)


def _misfit(splats, crop: Crop) -> float:
    """Mean colour difference within the mask, after the best exposure."""
    render = render_splats(splats, TRUTH, crop.K, SIZE, SIZE, antialias=True)
    shown = crop.mask & (render.alpha[0] > 0.9)
    color = render.color[0][shown]
    exposure = affine_exposure(color, crop.rgb[shown])
    return float((color * exposure[:, 0] + exposure[:, 1] - crop.rgb[shown]).abs().mean())
