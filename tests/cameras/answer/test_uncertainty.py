"""How far cameras can still move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.answer.uncertainty import Uncertainty
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.scene.views import View, refocused
from objpose.geometry.rigid_matrices import direction_degrees, rigid_matrix, rotation_degrees
from tests.cameras.photo_sets import FOCAL, OPTIONS, RING, make_views, unposed

PAIRS = ((0, 1), (0, 2), (1, 2))


def test_the_covariance_tells_the_scatter() -> None:
    """Errors over repeated noise have the size that the covariances predict, pair by pair.

    They are some 1.8 times as large: residuals are smaller than the noise, as the points have taken part of
    it, and the robust loss and the choice of matches cost some of the measurements.
    """
    errors, predicted = [], []
    for trial in range(24):
        views = make_views(RING[:3], seed=trial, clutter=0, num_points=60, noise_px=0.8)
        placement = settle(unposed(views), dict(enumerate(RING[:3])), OPTIONS.settle)
        uncertainty = Uncertainty(views, placement, AnswerOptions())
        cams = placement.cams_from_world
        errors.append([turn_and_direction(cams, a, b) for a, b in PAIRS])
        predicted.append([uncertainty.pair_degrees(a, b) for a, b in PAIRS])
    scatter = np.sqrt(np.mean(np.square(errors), axis=0)).max(axis=1)
    ratio = scatter / np.sqrt(np.mean(np.square(predicted), axis=0))
    assert (ratio > 0.7).all() and (ratio < 2.2).all()


def turn_and_direction(cams: dict[int, np.ndarray], a: int, b: int) -> tuple[float, float]:
    """Degrees that b_from_a is off in rotation and in direction."""
    found, truth = relative_pose(cams, a, b), relative_pose(dict(enumerate(RING)), a, b)
    turn = rotation_degrees(found[:3, :3].T @ truth[:3, :3])
    return turn, direction_degrees(found[:3, 3], truth[:3, 3])


def test_more_noise_and_fewer_points_leave_more_open() -> None:
    def open_degrees(num_points: int, noise_px: float) -> float:
        views = make_views(RING[:3], seed=0, clutter=0, num_points=num_points, noise_px=noise_px)
        placement = settle(unposed(views), dict(enumerate(RING[:3])), OPTIONS.settle)
        return Uncertainty(views, placement, AnswerOptions()).pair_degrees(0, 2)

    assert open_degrees(400, 1.2) == pytest.approx(open_degrees(100, 1.2) / 2, rel=0.3)
    assert open_degrees(200, 1.4) > 1.2 * open_degrees(200, 0.9)
    # Keypoints are never taken to be found better than the least noise.
    assert open_degrees(200, 0.1) == pytest.approx(open_degrees(200, 0.3), rel=0.1)


def test_covariance_does_not_depend_on_the_world_frame():
    views = make_views(RING, seed=2)
    placement = settle(unposed(views), dict(enumerate(RING)), OPTIONS.settle)
    move = rigid_matrix(Rotation.from_rotvec([0.4, -0.7, 0.2]).as_matrix(), np.array([3.0, -1.0, 2.0]))
    cams = {index: cam @ np.linalg.inv(move) for index, cam in placement.cams_from_world.items()}
    points = placement.points @ move[:3, :3].T + move[:3, 3]
    moved = type(placement)(cams, placement.tracks, points, {})
    ours, theirs = Uncertainty(views, placement, AnswerOptions()), Uncertainty(views, moved, AnswerOptions())
    for a, b in ((0, 1), (0, 3), (2, 3)):
        assert ours.pair_degrees(a, b) == pytest.approx(theirs.pair_degrees(a, b), rel=1e-3)


def test_a_focal_length_that_nobody_knew_leaves_open_what_its_scatter_tells() -> None:
    """Two photos tell it badly, and move with it by ten times what they do where it is known."""
    both, errors, free, held, focals = dict.fromkeys(range(2), 0), [], [], [], []
    for trial in range(24):
        views = make_views(RING[:2], seed=trial, clutter=0, num_points=60, noise_px=0.8)
        placement = settle(unposed(views), dict(enumerate(RING[:2])), OPTIONS.settle, focal_groups=both)
        refined = refocused(views, placement.focals)
        errors.append(turn_and_direction(placement.cams_from_world, 0, 1))
        unknown = Uncertainty(refined, placement, AnswerOptions(), focal_groups=both)
        free.append(unknown.pair_degrees(0, 1))
        focals.append((np.log(refined[0].focal / FOCAL), unknown.focal_sigma(0)))
        held.append(Uncertainty(refined, placement, AnswerOptions()).pair_degrees(0, 1))
    scatter = np.sqrt(np.mean(np.square(errors), axis=0)).max()
    assert 0.7 < scatter / np.sqrt(np.mean(np.square(free))) < 2.2
    assert scatter / np.sqrt(np.mean(np.square(held))) > 8
    off, sigma = np.sqrt(np.mean(np.square(focals), axis=0))
    assert 0.5 < off / sigma < 2.0
    assert Uncertainty(refined, placement, AnswerOptions()).focal_sigma(0) == 0.0


def test_a_lens_that_nobody_told_leaves_open_what_it_may_be_off_by() -> None:
    """A principal point off the middle moves the cameras, many and exact as the keypoints may be."""
    shared, errors, told, sharp = dict.fromkeys(range(4), 0), [], [], []
    rng, usual = np.random.default_rng(5), AnswerOptions()
    centred = replace(usual, lens=replace(usual.lens, centre=1e-6, own_centre=1e-6, own_focal=1e-6))
    for trial in range(16):
        views = make_views(RING, seed=trial, clutter=0, num_points=60, noise_px=0.2)
        shift = usual.lens.centre * views[0].width * rng.normal(size=2)
        views = [off_centre(view, shift) for view in views]
        placement = settle(unposed(views), dict(enumerate(RING)), OPTIONS.settle, focal_groups=shared)
        refined = refocused(views, placement.focals)
        errors.append([turn_and_direction(placement.cams_from_world, a, b) for a, b in PAIRS])
        for found, options in ((told, usual), (sharp, centred)):
            uncertainty = Uncertainty(refined, placement, options, focal_groups=shared)
            found.append([uncertainty.pair_degrees(a, b) for a, b in PAIRS])
    scatter = np.sqrt(np.mean(np.square(errors), axis=0)).max(axis=1)
    ratio, blind = (scatter / np.sqrt(np.mean(np.square(found), axis=0)) for found in (told, sharp))
    assert (ratio > 0.3).all() and (ratio < 1.0).all()
    assert (blind > 2.0).all()


def off_centre(view: View, shift: np.ndarray) -> View:
    """The photo as a lens has it whose principal point is so many pixels off."""
    keypoints = (view.features.keypoints + shift).astype(np.float32)
    return replace(view, features=replace(view.features, keypoints=keypoints))


def test_what_is_known_of_a_lens_beforehand_does_not_stretch() -> None:
    """Keypoints that err ten times as much leave ten times as much open, but not of a principal point."""
    views = make_views(RING[:3], seed=3)
    placement = settle(unposed(views), dict(enumerate(RING[:3])), OPTIONS.settle)
    known = Uncertainty(views, placement, AnswerOptions())
    unknown = Uncertainty(views, placement, AnswerOptions(), focal_groups=dict.fromkeys(range(3), 0))
    for a, b in PAIRS:
        assert known.pair_degrees(a, b, 10.0) == pytest.approx(10.0 * known.pair_degrees(a, b))
        assert unknown.pair_degrees(a, b) < unknown.pair_degrees(a, b, 10.0)
        assert unknown.pair_degrees(a, b, 10.0) < 10.0 * unknown.pair_degrees(a, b)
        assert unknown.pair_degrees(a, b) > known.pair_degrees(a, b)
