"""Poses on a known ground: they stand there, and the true one is among them, hidden or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from objpose.crops import Crop
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.propose.resting import TURNS, _turns, resting_poses
from objpose.poses.residuals import Body, GroundPlane
from tests.ground.things import UP, on_table
from tests.poses.objects import crop_of
from tests.synthetic import onboarded

LIMIT = 12
TABLE_HEIGHT = -0.6


def table() -> GroundPlane:
    return GroundPlane(UP, TABLE_HEIGHT, np.linalg.svd(UP[None])[2][1:], np.zeros((3, 3)))


def on_side(model: ObjectModel, turn: int) -> SE3:
    """() a body on one of its larger sides, some way around; mesh frame."""
    body = Body.of(model)
    rotation = _turns(body.sides[:1], torch.from_numpy(UP))[turn].double()
    low = float((body.corners @ rotation.T @ torch.from_numpy(UP)).min())
    _, place = on_table(np.random.default_rng(3), 2)
    up = torch.from_numpy(UP)
    place = torch.from_numpy(place) + up * (TABLE_HEIGHT - low - float(up @ torch.from_numpy(place)))
    return SE3.from_rotation_translation(rotation, place).to(torch.float32)


def half_hidden(crop: Crop) -> Crop:
    """Its lower half is behind another mask."""
    rows = crop.mask.any(1).nonzero()
    below = torch.arange(crop.size)[:, None] > int(rows.float().mean())
    return replace(crop, mask=crop.mask & ~below, covered=crop.mask & below)


def errors(model: ObjectModel, poses: SE3, truth: SE3) -> torch.Tensor:
    points = model.surface.cloud.points
    equals = truth[None] @ model.symmetry.transforms(model.diameter)
    gap = poses.apply_points(points)[:, None] - equals.apply_points(points)
    return gap.norm(dim=-1).amax(-1).amin(1) / model.diameter


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("name", ["printed_box", "mug"])
def test_the_true_pose_is_among_them(name: str, hidden: bool) -> None:
    model = onboarded(name)
    truth = on_side(model, 5)
    crop = crop_of(model.mesh, truth)
    found = resting_poses(model, half_hidden(crop) if hidden else crop, table(), LIMIT)
    assert len(found) <= LIMIT and float(errors(model, found, truth).min()) < 0.2


def test_all_of_them_stand_on_the_ground() -> None:
    model = onboarded("printed_box")
    found = resting_poses(model, crop_of(model.mesh, on_side(model, 2)), table(), LIMIT)
    body, up = Body.of(model), torch.from_numpy(UP)
    rotation = found.rotation.matrix().double()
    corners = body.corners @ rotation.mT + found.translation.double()[:, None]
    assert torch.allclose((corners @ up).amin(1), torch.tensor(TABLE_HEIGHT).double(), atol=1e-4)
    assert ((-body.sides @ rotation.mT) @ up).amax(1).min() > 0.9999


def test_sides_that_are_near_each_other_are_tried_once() -> None:
    angle = torch.deg2rad(torch.arange(0, 360, 6.0, dtype=torch.float64))
    barrel = torch.stack([angle.cos(), angle.sin(), torch.zeros_like(angle)], 1)
    turns = _turns(barrel, torch.from_numpy(UP))
    assert len(turns) == 15 * TURNS, "every fourth of those that are 6 degrees apart"
    assert torch.allclose(turns.mT @ turns, torch.eye(3, dtype=turns.dtype), atol=1e-6)
