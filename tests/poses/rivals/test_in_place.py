"""Rivals put in the best one's place: turned as they are, and where it is."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3
from objpose.poses.rivals.in_place import in_place, nearest_turns
from tests.poses.mugs import about_z, standing
from tests.synthetic import onboarded, surface_error


@pytest.mark.parametrize("turn", [35.0, 120.0, 180.0, -70.0])
def test_an_alignment_gone_astray_is_put_right(turn: float) -> None:
    model, best = onboarded("mug"), standing(20.0)
    wanted = best @ about_z([turn])
    astray = SE3.exp(torch.tensor([0.1, 0.05, 0.1, 0.0, 0.0, 0.0]) * model.diameter) @ wanted
    found, gap = in_place(model, best, astray)
    assert surface_error(model, found[0], wanted[0]) < 0.02 < surface_error(model, astray[0], wanted[0])
    assert float(gap) == pytest.approx(surface_error(model, astray[0], wanted[0]), abs=0.02)


def test_flips_are_found_again() -> None:
    model = onboarded("printed_box")
    flips = model.near_symmetry.discrete
    turns, gap = nearest_turns(model, flips)
    torch.testing.assert_close(turns.matrix(), flips.matrix())
    assert float(gap.max()) < 1e-5


def test_how_far_a_pose_is_from_all_look_alikes_is_told() -> None:
    model, best = onboarded("mug"), standing(20.0)
    far = SE3.exp(torch.tensor([0.6 * model.diameter, 0.0, 0.0, 0.0, 0.0, 0.0]))[None] @ best[None]
    assert float(in_place(model, best, far)[1]) > 0.5
    assert float(in_place(model, best, best[None])[1]) < 1e-5
