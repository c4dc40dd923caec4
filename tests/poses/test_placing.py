"""The first steps of a refinement: they move, do not turn, and hold to the start."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3
from objpose.poses.align import Alignment
from objpose.poses.on_splats import comparable
from objpose.poses.placing import centred, placed
from objpose.poses.residuals import SplatResidual, SplatResidualOptions
from objpose.robust import LONGEST, LMOptions
from tests.splatting.pictures import TRUTH, blob_splats, picture

FREE = LMOptions(6, 1e-2, 1e-5, longest=LONGEST)


def residual(with_depth: bool = True) -> SplatResidual:
    splats = blob_splats()
    crop = picture(splats, TRUTH, with_depth).smaller(32)
    return SplatResidual(comparable(splats, TRUTH), crop, SplatResidualOptions())


def problem() -> Alignment:
    return Alignment(residual().centre, [(1.0, residual())])


def aside(x: float, y: float, z: float = 0.0) -> SE3:
    """(1,): the truth moved, in metres."""
    return SE3.from_rotation_translation(TRUTH.rotation, TRUTH.translation + torch.tensor([x, y, z]))[None]


def distance(poses: SE3) -> float:
    return float((poses[0].translation - TRUTH.translation).norm())


@pytest.mark.parametrize(("with_depth", "z"), [(True, 0.05), (False, 0.0)])
def test_what_is_drawn_comes_to_what_is_seen(with_depth: bool, z: float) -> None:
    start = aside(0.03, -0.02, z)
    found = centred(residual(with_depth), start)
    assert distance(found) < 0.2 * distance(start)
    torch.testing.assert_close(found.rotation.wxyz, start.rotation.wxyz)


def test_nothing_drawn_moves_nothing() -> None:
    start = aside(2.0, 0.0)
    torch.testing.assert_close(centred(residual(), start).wxyz_xyz, start.wxyz_xyz)


def test_placing_does_not_turn() -> None:
    start = aside(0.02, 0.02, -0.03)
    found = placed(problem(), residual(), start, FREE)
    assert distance(found) < 0.1 * distance(start)
    assert float((found.rotation.inverse() @ TRUTH.rotation).angle()) < 1e-3


def test_of_a_batch_each_takes_its_better_end() -> None:
    starts = SE3.cat([aside(0.0, 0.0), aside(0.03, 0.0), aside(0.0, 0.0, 0.04)])
    ends = placed(problem(), residual(), starts, FREE)
    before, after = (problem().linearize(poses.wxyz_xyz).cost for poses in (starts, ends))
    assert bool((after <= before).all())
