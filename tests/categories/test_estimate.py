"""Instances that the models have not seen, on a table, found in pose and size."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import torch

import objpose
from objpose.categories import CategoryEstimate
from objpose.errors import InputError
from objpose.overlay import OUTLINES
from tests.categories.drawn_views import View, view

VIEWS = {
    "bottle": (3, 0.3),
    "bowl": (1, 0.0),
    "box": (2, 0.6),
    "can": (2, 0.0),
    "cup": (5, -0.4),
}  # seed, turn


@cache
def seen(category: str) -> View:
    return view(category, *VIEWS[category])


@cache
def found(category: str) -> CategoryEstimate:
    return objpose.estimate_category(seen(category).frame, seen(category).mask, category)


@pytest.mark.parametrize("category", sorted(VIEWS))
def test_pose_and_size_are_near_the_truth(category: str) -> None:
    truth, estimate = seen(category), found(category)
    assert (estimate.cam_from_obj.translation - truth.cam_from_obj.translation).norm() < 0.02
    assert ((estimate.size / truth.size).log().abs() < 0.25).all()
    turns = estimate.symmetry.transforms(1.0, 0.02).rotation
    off = (truth.cam_from_obj.rotation.inverse() @ estimate.cam_from_obj.rotation @ turns).angle()
    assert off.min() < math.radians(12)


@pytest.mark.parametrize("category", ["bowl", "cup"])
def test_what_is_said_hangs_together(category: str) -> None:
    estimate = found(category)
    assert 0 <= estimate.confidence <= 1
    assert 0 < estimate.share + sum(other.share for other in estimate.alternatives) < 1.0001
    bounds = estimate.shape.bounds()
    torch.testing.assert_close(bounds[1] - bounds[0], estimate.size, atol=1e-5, rtol=0)
    assert torch.linalg.eigvalsh(estimate.covariance.double()).min() > 0
    assert (estimate.size_sigma > 0).all()
    assert bool(estimate.symmetry.continuous) == (category == "bowl")


def test_the_same_seed_gives_the_same_answer() -> None:
    again = objpose.estimate_category(seen("bowl").frame, seen("bowl").mask, "bowl")
    assert torch.equal(again.cam_from_obj.wxyz_xyz, found("bowl").cam_from_obj.wxyz_xyz)
    assert torch.equal(again.size, found("bowl").size)


def test_a_hidden_handle_is_said_to_be_open() -> None:
    """Behind the cup the handle may point anywhere there; its turn's share of the chance is small."""
    behind = view("cup", 6, turn=math.pi / 2, down=0.25)
    estimate = objpose.estimate_category(behind.frame, behind.mask, "cup")
    assert estimate.free_turn is not None or estimate.alternatives
    assert "turn about z" in estimate.ambiguity or "to lie" in estimate.ambiguity
    assert estimate.share < 0.6 and estimate.confidence < 0.6


def test_without_depth_size_is_not_told() -> None:
    truth = seen("bowl")
    with pytest.raises(InputError, match="small thing nearby looks like a large one far away"):
        objpose.estimate_category(truth.frame.without_depth(), truth.mask, "bowl")


def test_too_little_depth_and_other_categories_are_refused() -> None:
    truth = seen("bowl")
    few = torch.zeros_like(truth.mask)
    row, column = (int(place) for place in truth.mask.nonzero().float().mean(0))
    few[row : row + 3, column : column + 3] = True
    with pytest.raises(InputError, match="mask of a bowl: found 9 pixels with depth"):
        objpose.estimate_category(truth.frame, few, "bowl")
    with pytest.raises(InputError, match="expected one of bottle, bowl"):
        objpose.estimate_category(truth.frame, truth.mask, "teapot")


def test_the_picture_shows_the_corners_of_the_box() -> None:
    truth, estimate = seen("bowl"), found("bowl")
    picture = objpose.draw_boxes(truth.frame, [estimate])
    corners = torch.cartesian_prod(*[torch.tensor([-0.5, 0.5])] * 3) * estimate.size
    pixels = truth.frame.camera.project(estimate.cam_from_obj.apply(corners)).round().long()
    for column, row in pixels.tolist():
        around = picture[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        assert (around == np.array(OUTLINES[0])).all(-1).any()
