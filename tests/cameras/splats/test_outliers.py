"""A photo put in a wrong place goes back to its own; where none is wrong, none moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from objpose.cameras import RecoveredScene, RecoverOptions
from objpose.cameras.answer.recovered import se3
from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.scene.options import KeypointOptions
from objpose.cameras.splats.options import SplatOptions
from objpose.cameras.splats.outliers import corrected
from objpose.geometry.rigid_matrices import rotation_degrees
from objpose.splatting import SceneFitOptions, ViewpointOptions
from tests.cameras.corner_scene import AZIMUTHS, recovered
from tests.cameras.photo_sets import look_at_origin

WRONG = 1
WIDTH = 112
FIT = SceneFitOptions(steps=12, size=WIDTH, start=3000)
OPTIONS = SplatOptions(viewpoints=ViewpointOptions(directions=80, turns=8, distances=(1.0,), refined=5))


def run(scene: RecoveredScene):
    return corrected(scene, FIT, OPTIONS, EvidenceOptions(), KeypointOptions())


def test_a_photo_in_a_wrong_place_is_moved_to_its_own() -> None:
    scene = recovered([1.0] * 4, WIDTH)
    photos = list(scene.photos)
    photos[WRONG] = replace(photos[WRONG], cam_from_world=se3(look_at_origin(AZIMUTHS[WRONG] + 25.0)))
    fixed, [first, *_] = run(replace(scene, photos=tuple(photos)))
    truth = look_at_origin(AZIMUTHS[WRONG])
    photo = fixed.photos[WRONG]
    assert photo.cam_from_world is not None
    assert rotation_degrees(photo.cam_from_world.matrix().numpy()[:3, :3] @ truth[:3, :3].T) < 1.5
    assert first.name == photo.name and first.is_moved and first.after > first.before + OPTIONS.gain_db
    assert photo.confidence <= OPTIONS.trusted and "moved" in (photo.reason or "")
    assert float(fixed.pair_confidence[WRONG, 0]) <= OPTIONS.trusted
    assert WRONG not in np.unique(fixed.points.photo)
    [(old, share)] = photo.alternatives
    assert share == 1 - photo.confidence
    np.testing.assert_allclose(old.matrix().numpy(), look_at_origin(AZIMUTHS[WRONG] + 25.0), atol=1e-6)


def test_photos_that_stand_right_stay() -> None:
    """Asked of the scene itself, under its own options."""
    options = replace(RecoverOptions(), splats=OPTIONS)
    scene = replace(recovered([1.0] * 4, WIDTH), options=options)
    same, [first] = scene.corrected(fit=FIT)
    assert not first.is_moved and same is scene


def test_two_photos_have_nobody_to_ask() -> None:
    scene = recovered([1.0, 1.0, 0.0, 0.0], WIDTH)
    same, tried = run(scene)
    assert tried == () and same is scene
