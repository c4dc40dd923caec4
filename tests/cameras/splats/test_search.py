"""A photo searched again against the splats of the others: its true place is supported, a stranger's none."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras import RecoveredScene
from objpose.cameras.splats.options import SplatOptions
from objpose.cameras.splats.search import search_again
from objpose.errors import InputError
from objpose.geometry.rigid_matrices import rotation_degrees
from objpose.raster import Splats
from objpose.splatting import SceneFitOptions, ViewpointOptions
from tests.cameras.corner_scene import AZIMUTHS, recovered
from tests.cameras.photo_sets import look_at_origin

LEFT_OUT = 1
WIDTH = 144
QUICK = SplatOptions(viewpoints=ViewpointOptions(directions=80, turns=8, distances=(1.0,), refined=5))


@functools.cache
def scene_and_splats() -> tuple[RecoveredScene, Splats]:
    """The corner of a room without its second photo."""
    scene = recovered([1.0, 0.0, 1.0, 1.0], width=WIDTH)
    return scene, scene.fit_splats(SceneFitOptions(steps=12, size=WIDTH, start=3000))


def test_a_photo_left_out_is_found_again() -> None:
    scene, splats = scene_and_splats()
    best = search_again(scene, scene.photos[LEFT_OUT].name, splats, QUICK)[0]
    truth = look_at_origin(AZIMUTHS[LEFT_OUT])
    found = best.cam_from_world.matrix().numpy()
    assert best.is_supported
    assert rotation_degrees(found[:3, :3] @ truth[:3, :3].T) < 1.0
    assert np.linalg.norm(np.linalg.inv(found)[:3, 3] - np.linalg.inv(truth)[:3, 3]) < 0.1


def test_a_photo_of_something_else_is_not_supported_anywhere() -> None:
    scene, splats = scene_and_splats()
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (18, 24, 3)).repeat(6, axis=0).repeat(6, axis=1).astype(np.uint8)
    sources = list(scene.sources)
    sources[LEFT_OUT] = replace(sources[LEFT_OUT], image=noise)
    stranger = replace(scene, sources=tuple(sources))
    places = search_again(stranger, scene.photos[LEFT_OUT].name, splats, QUICK)
    assert not any(place.is_supported for place in places)


def test_an_unknown_name_is_refused() -> None:
    scene, splats = scene_and_splats()
    with pytest.raises(InputError, match=r"no 'x\.png'"):
        search_again(scene, "x.png", splats)
