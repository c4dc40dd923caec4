"""What a score means: laws that hold whatever the constants are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, Camera
from objpose.poses import RGB, RGBD, Calibration, chance_within, evidence, shift_per_pixel

METHODS = pytest.mark.parametrize("calibration", [RGBD, RGB], ids=["rgbd", "rgb"])
CAMERA = Camera.from_K(torch.tensor([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), 640, 480)
RISING, NEAR = torch.linspace(0, 1, 21), torch.tensor(0.01)
ALL = torch.tensor(1.0)
LIKELY = 1.0  # log odds, what the network says of right poses that are in full view


def seen(
    score: Tensor,
    empty: float | Tensor = 0.0,
    bare: float | Tensor = 0.0,
    moves: float | Tensor = 0.0,
    view: float | Tensor = 0.0,
) -> Tensor:
    """moves: diameters, by print and edges alone. view: nats, 0 at most."""
    parts = score, empty, bare, LIKELY, moves, moves, view
    return evidence(*torch.broadcast_tensors(*map(torch.as_tensor, parts)))


@METHODS
def test_confidence_rises_with_the_score(calibration: Calibration) -> None:
    confidence = calibration.confidence(seen(RISING), ALL, NEAR)
    assert (confidence.diff() > 0).all() and (confidence >= 0).all() and (confidence <= 1).all()
    assert (calibration.close.of(seen(RISING), ALL).diff() > 0).all()


@METHODS
@pytest.mark.parametrize("tolerance", ["right", "close"])
def test_no_pose_is_surer_than_its_share(calibration: Calibration, tolerance: str) -> None:
    chance, best = getattr(calibration, tolerance), seen(ALL)
    shares = torch.linspace(0, 1, 101)
    found = chance.of(best.expand(101, -1), shares)
    assert (found <= shares).all() and (found.diff() >= 0).all()
    # Rivals as likely as not, and none: what fits as well is trusted in the second case alone.
    assert chance.of(best, torch.tensor(0.5)) <= 0.5 < 0.9 < chance.of(best, ALL)


@METHODS
def test_rivals_cost_a_poor_fit_more_than_their_share(calibration: Calibration) -> None:
    poor, half = seen(torch.tensor(0.3)), torch.tensor(0.5)
    assert calibration.right.of(poor, half) < 0.5 * calibration.right.of(poor, ALL)


@METHODS
def test_patches_that_belie_a_pose_take_its_confidence(calibration: Calibration) -> None:
    fair = torch.tensor(0.6)
    for patches in (seen(fair, empty=RISING), seen(fair, bare=RISING)):
        assert (calibration.confidence(patches, ALL, NEAR).diff() < 0).all()
    bare, none = (float(calibration.confidence(seen(fair, bare=b), ALL, NEAR)) for b in (1.0, 0.0))
    assert bare < 0.5 * none


def test_without_depth_a_pose_that_print_or_edges_would_move_is_less_sure() -> None:
    well = torch.tensor(0.9)
    moved = RGB.confidence(seen(well, moves=RISING), ALL, NEAR)
    assert (moved.diff() < 0).all() and moved[5] < 0.5 * moved[0]
    assert RGBD.confidence(seen(well, moves=1.0), ALL, NEAR) == RGBD.confidence(seen(well), ALL, NEAR)


def test_without_depth_something_unmasked_may_hide_what_is_drawn_outside_the_mask() -> None:
    drawn, none = seen(torch.tensor(0.9), empty=0.3), seen(torch.tensor(0.9))
    assert RGB.confidence(drawn, ALL, NEAR) > 0.9 * RGB.confidence(none, ALL, NEAR)
    assert RGBD.confidence(drawn, ALL, NEAR) < 0.01 * RGBD.confidence(none, ALL, NEAR)


def test_without_depth_a_distance_that_the_outline_cannot_tell_is_not_trusted() -> None:
    shift = torch.linspace(0.001, 0.5, 20)
    confidence = RGB.confidence(seen(ALL), ALL, shift)
    assert (confidence.diff() <= 0).all() and confidence[-1] < confidence[0] / 3
    sharp = RGB.confidence(seen(ALL), ALL, torch.tensor(0.0))
    torch.testing.assert_close(sharp, RGB.right.of(seen(ALL), ALL))


def test_with_depth_the_outline_does_not_matter() -> None:
    confidence = RGBD.confidence(seen(RISING), ALL, torch.linspace(0, 10, 21))
    assert torch.equal(confidence, RGBD.right.of(seen(RISING), ALL))


@pytest.mark.parametrize(("distance", "diameter"), [(0.5, 0.1), (1.0, 0.1), (1.0, 0.3)])
def test_a_pixel_of_outline_is_worth_its_shift(distance: float, diameter: float) -> None:
    centre = torch.tensor([0.02, -0.01, 0.03])
    pose = SE3.exp(torch.tensor([0.0, 0.0, 0.0, 0.4, 1.2, -0.3]))
    offset = torch.tensor([0.1, 0.0, distance]) - pose.apply(centre)
    pose = SE3.from_rotation_translation(pose.rotation.matrix(), pose.translation + offset)
    shift = float(shift_per_pixel(pose, centre, diameter, CAMERA)) * diameter
    size, moved = (CAMERA.fx * diameter / z for z in (distance, distance + shift))
    assert size - moved == pytest.approx(1.0, rel=0.05)  # pixels


def test_normal_errors_within_a_tolerance() -> None:
    sigma = torch.tensor([0.0, 0.05, 0.1, 0.2])
    torch.testing.assert_close(
        chance_within(0.1, sigma), torch.tensor([1.0, 0.9545, 0.6827, 0.3829]), atol=1e-4, rtol=0
    )


@METHODS
@pytest.mark.parametrize("tolerance", ["right", "close"])
def test_less_in_view_is_less_sure(calibration: Calibration, tolerance: str) -> None:
    chance = getattr(calibration, tolerance).of(seen(torch.tensor(0.9), view=-5 * RISING), ALL)
    assert (chance.diff() < 0).all() and chance[-1] < 0.5 < chance[0]
