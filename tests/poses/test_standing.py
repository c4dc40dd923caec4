"""What could stand on a known ground competes with what was found."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from objpose.geometry import SE3, SO3
from objpose.poses import GroundPlane, PoseAnswer, find_standing
from objpose.poses.by_picture import settled_mask
from objpose.poses.pipeline import told_apart
from objpose.poses.rgb import RGBOptions, comparison, shots_of
from tests.poses.objects import photograph
from tests.poses.test_resting import errors, on_side, table
from tests.synthetic import onboarded

OPTIONS = RGBOptions()
MODEL = "printed_box"


@cache
def truth() -> SE3:
    return on_side(onboarded(MODEL), 5)


def answer_of(pose: SE3) -> PoseAnswer:
    """As if this one pose had been found."""
    model, (frame, mask) = onboarded(MODEL), photograph(onboarded(MODEL).mesh, truth())
    shots = shots_of(model, frame, settled_mask(frame, mask, None, MODEL), None, OPTIONS)
    recipe = comparison(model, shots, OPTIONS, None)
    return told_apart(recipe, pose[None], recipe.refine.information(pose[None]))


def stood(answer: PoseAnswer, ground: GroundPlane) -> PoseAnswer:
    model, (frame, mask) = onboarded(MODEL), photograph(onboarded(MODEL).mesh, truth())
    return find_standing(model, frame, mask, None, ground, answer, OPTIONS)


@pytest.mark.parametrize("turn", [0.6, 3.14])
def test_a_wrong_turn_gives_way_to_what_stands_there(turn: float) -> None:
    middle = onboarded(MODEL).mesh.bounds().mean(0)
    spin = SO3.exp(torch.tensor([0.0, 0.0, turn]))
    turned = truth() @ SE3.from_rotation_translation(spin, middle - spin.apply(middle))
    found = stood(answer_of(turned), table())
    assert float(errors(onboarded(MODEL), found.cam_from_obj[:1], truth())) < 0.05
    assert found.stats["held"] == 1.0 and float(found.share[0]) > 0.9


def test_the_right_answer_stays_and_is_not_held() -> None:
    before = answer_of(truth())
    found = stood(before, table())
    assert float(errors(onboarded(MODEL), found.cam_from_obj[:1], truth())) < 0.05
    assert found is before or found.stats["held"] == 0.0


def test_on_a_ground_elsewhere_nothing_is_found() -> None:
    before = answer_of(truth())
    elsewhere = table()._replace(height=-0.25, covariance=np.diag([1e-4, 1e-4, 1e-6]))
    found = stood(before, elsewhere)
    assert torch.equal(found.cam_from_obj[0].wxyz_xyz, before.cam_from_obj[0].wxyz_xyz)
