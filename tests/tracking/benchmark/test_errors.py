"""Laws of the errors: known motions, symmetric turns, and bop_eval's measures, which are written apart."""

from __future__ import annotations

import math

import pytest
import torch

from bop_eval.errors import add, adi, re, te
from objpose.errors import InputError
from objpose.geometry import SE3, ContinuousSymmetry, Symmetry
from objpose.tracking.benchmark import PoseJudge

AXIS = torch.tensor([0.0, 0, 1])


def points(seed: int = 0) -> torch.Tensor:
    """Of a box that has its own frame's origin in its middle."""
    cloud = torch.rand(300, 3, generator=torch.Generator().manual_seed(seed)) * 0.1 - 0.05
    return torch.cat([cloud, -cloud])


def random_pose(seed: int) -> SE3:
    return SE3.exp(torch.randn(6, generator=torch.Generator().manual_seed(seed)).double())


def test_the_truth_has_no_error():
    errors = PoseJudge(points(), Symmetry.none(), 0.15)(random_pose(1), random_pose(1))
    assert max(errors.degrees, errors.metres, errors.off, errors.add, errors.add_s) < 1e-6
    assert errors.is_success


def test_nothing_found_is_as_wrong_as_can_be():
    errors = PoseJudge(points(), Symmetry.none(), 0.15)(None, random_pose(1))
    assert errors.add_s == math.inf and not errors.is_success


@pytest.mark.parametrize("seed", range(3))
def test_the_measures_are_those_of_bop_eval(seed):
    found, truth = random_pose(seed), random_pose(seed)
    found = found @ SE3.exp(0.05 * torch.randn(6, generator=torch.Generator().manual_seed(seed + 9)).double())
    errors = PoseJudge(points(), Symmetry.none(), 0.15)(found, truth)
    matrices = found.matrix(), truth.matrix()
    assert errors.degrees == pytest.approx(float(re(*matrices)), rel=1e-6)
    assert errors.metres == pytest.approx(float(te(*matrices)), rel=1e-6)
    assert errors.add == pytest.approx(float(add(*matrices, points())), rel=1e-6)
    assert errors.add_s == pytest.approx(float(adi(*matrices, points())), rel=1e-6)
    assert errors.off == errors.add


def test_a_known_shift_and_turn():
    truth = random_pose(2)
    turned = truth @ SE3.exp(torch.tensor([0.0, 0, 0, 0, 0, math.radians(7)]).double())
    shift = SE3.exp(torch.tensor([0.01, 0.02, 0.02, 0, 0, 0]).double())
    judge = PoseJudge(points(), Symmetry.none(), 0.15)
    assert judge(turned, truth).degrees == pytest.approx(7, abs=1e-6)
    assert not judge(turned, truth).is_success
    assert judge(shift @ truth, truth).metres == pytest.approx(0.03, abs=1e-7)
    assert judge(shift @ truth, truth).add == pytest.approx(0.03, abs=1e-7)


def test_success_is_both_limits():
    judge, truth = PoseJudge(points(), Symmetry.none(), 0.15), SE3.identity(dtype=torch.float64)

    def succeeds(centimetres: float, degrees: float) -> bool:
        twist = [0.01 * centimetres, 0, 0, math.radians(degrees), 0, 0]
        move = SE3.from_rotation_translation(
            SE3.exp(torch.tensor([0, 0, 0, *twist[3:]]).double()).rotation, torch.tensor(twist[:3]).double()
        )
        return judge(move, truth).is_success

    assert succeeds(4.99, 4.99)
    assert not succeeds(5.01, 0)
    assert not succeeds(0, 5.01)


def test_a_turn_about_a_symmetry_does_not_count_but_in_add():
    free = Symmetry(SE3.identity((1,)), (ContinuousSymmetry(AXIS, torch.zeros(3)),))
    truth = random_pose(3)
    turned = truth @ SE3.exp(torch.tensor([0.0, 0, 0, 0, 0, 2.0]).double())
    errors = PoseJudge(points(), free, 0.15)(turned, truth)
    assert errors.degrees < 0.25 and errors.off < 1e-3 and errors.is_success
    assert errors.add > 0.02
    assert PoseJudge(points(), Symmetry.none(), 0.15)(turned, truth).degrees > 100


def test_a_tilt_off_the_axis_of_symmetry_counts():
    free = Symmetry(SE3.identity((1,)), (ContinuousSymmetry(AXIS, torch.zeros(3)),))
    truth = random_pose(3)
    spin = SE3.exp(torch.tensor([0.0, 0, 0, 0, 0, 2.0]).double())
    tilt = SE3.exp(torch.tensor([0.0, 0, 0, 0, math.radians(8), 0]).double())
    errors = PoseJudge(points(), free, 0.15)(truth @ spin @ tilt, truth)
    assert errors.degrees == pytest.approx(8, abs=0.3)


def test_the_centre_is_the_objects_not_that_of_its_frame():
    far = torch.tensor([0.0, 0, 10])
    turned = SE3.exp(torch.tensor([0.0, 0, 0, 0, math.radians(1), 0]).double())
    about_centre = SE3.exp(torch.cat([far, torch.zeros(3)]).double())
    turned = about_centre @ turned @ about_centre.inverse()
    errors = PoseJudge(points() + far, Symmetry.none(), 0.15)(turned, SE3.identity(dtype=torch.float64))
    assert errors.metres < 1e-3 and errors.degrees == pytest.approx(1, abs=1e-6)


def test_no_points_are_refused():
    with pytest.raises(InputError, match="points"):
        PoseJudge(torch.zeros(0, 3), Symmetry.none(), 0.15)
