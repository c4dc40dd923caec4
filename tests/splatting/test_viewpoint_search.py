"""From where a picture of known splats was taken: the true place is found, whatever the light."""

from __future__ import annotations

import functools

import pytest
import torch

from objpose.geometry import SE3, SO3, Camera
from objpose.raster import Splats, render_splats
from objpose.splatting import SceneView, ViewpointOptions, search_viewpoints

SIZE = (80, 64)
CAMERA = Camera.from_K([[90, 0, 39.5], [0, 90, 31.5], [0, 0, 1]], *SIZE)
CENTRE = torch.tensor([0.3, -0.2, 0.1])
QUICK = ViewpointOptions(directions=80, turns=8, distances=(1.0,), refined=6, steps=14)


@functools.cache
def splats() -> Splats:
    """An uneven cluster in several colours."""
    generator = torch.Generator().manual_seed(3)
    lumps = CENTRE + 0.25 * torch.randn(7, 3, generator=generator)
    which = torch.randint(7, (600,), generator=generator)
    means = lumps[which] + 0.07 * torch.randn(600, 3, generator=generator)
    colors = torch.rand(7, 3, generator=generator)[which] * 0.8 + 0.1
    wxyz = torch.randn(600, 4, generator=generator)
    return Splats(means, wxyz, torch.full((600, 3), 0.03), torch.full((600,), 0.9), colors)


def looking(twist: list[float], distance: float = 2.0) -> SE3:
    """() a camera that stands so far from the centre and looks past it a little."""
    rotation = SO3.exp(torch.tensor(twist))
    offset = torch.tensor([0.12, -0.08, distance])
    return SE3.from_rotation_translation(rotation, offset - rotation.apply(CENTRE))


def photo(cam_from_world: SE3, gain: float = 1.0) -> SceneView:
    drawn = render_splats(splats(), cam_from_world, CAMERA.K, *SIZE, antialias=True)
    return SceneView((gain * drawn.color[0]).clamp(0, 1), None, CAMERA)


@pytest.mark.parametrize("gain", [1.0, 0.6])
def test_the_true_place_is_found(gain: float) -> None:
    truth = looking([0.4, -0.7, 2.0], 2.1)
    known = SE3.stack([looking([0.0, -0.3, 0.0]), looking([0.3, 0.2, 0.1])])
    found = search_viewpoints(splats(), photo(truth, gain), known, CENTRE, 0.1, QUICK)
    off = found[0].cam_from_world.to(torch.float32) @ truth.inverse()
    assert float(torch.rad2deg(off.log()[3:].norm())) < 0.5
    assert float(off.translation.norm()) < 0.02
    assert found[0].likeness > 0.95
    assert all(one.likeness < found[0].likeness - 0.1 for one in found[1:])


def test_places_are_distinct_and_in_order() -> None:
    known = looking([0.0, 0.0, 0.0])[None]
    found = search_viewpoints(splats(), photo(looking([0.2, 0.1, 0.0])), known, CENTRE, 0.1, QUICK)
    assert [one.likeness for one in found] == sorted([one.likeness for one in found], reverse=True)
    for index, one in enumerate(found):
        for other in found[:index]:
            turn = one.cam_from_world.rotation @ other.cam_from_world.rotation.inverse()
            assert float(torch.rad2deg(turn.log().norm())) > QUICK.distinct


def test_a_picture_without_contrast_is_like_nothing() -> None:
    blank = SceneView(torch.full((SIZE[1], SIZE[0], 3), 0.5), None, CAMERA)
    found = search_viewpoints(splats(), blank, looking([0.0, 0.0, 0.0])[None], CENTRE, 0.1, QUICK)
    assert all(one.likeness == 0.0 for one in found)
