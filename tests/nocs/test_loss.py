"""What is equal by symmetry costs the same; being sure pays where it is right and costs where it is wrong."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, SO3, ContinuousSymmetry, Symmetry
from objpose.nocs import NocsFrame, NocsSymmetry, Prediction
from objpose.nocs.bins import BINS
from objpose.nocs.loss import Target, loss_of, nearest_equal

FRAME = NocsFrame(torch.tensor([0.05, 0.0, -0.02]), 0.3)
HALF_TURNS = SE3.from_rotation_translation(
    SO3.exp(torch.tensor([[0.0, 0, 0], [math.pi, 0, 0], [0, math.pi, 0], [0, 0, math.pi]])), torch.zeros(4, 3)
)
LINE = ContinuousSymmetry(torch.tensor([0.2, -0.3, 0.9]), torch.tensor([0.01, 0.02, 0.0]))


def some_points(count: int = 3) -> Tensor:
    """(B, 3, 6, 5) metres, object frame."""
    return 0.1 * torch.randn(count, 3, 6, 5, generator=torch.Generator().manual_seed(0))


def moved(points: Tensor, equal: SE3) -> Tensor:
    """Points (B, 3, h, w) under a symmetry ()."""
    return equal.apply(points.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def coordinates(points: Tensor) -> Tensor:
    return FRAME.normalised(points.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def target_of(points: Tensor) -> Target:
    visible = (torch.rand(len(points), 1, 6, 5, generator=torch.Generator().manual_seed(1)) < 0.7).float()
    return Target(coordinates(points), visible)


@pytest.mark.parametrize(
    ("symmetry", "equals"),
    [
        (Symmetry.none(), [SE3.identity()]),
        (Symmetry(HALF_TURNS), list(HALF_TURNS)),
        (Symmetry(SE3.identity((1,)), (LINE,)), list(LINE.rotations([0.0, 0.1, 1.7, math.pi, -2.2]))),
        (
            Symmetry(HALF_TURNS, (LINE,)),
            [turn @ half for turn in LINE.rotations([0.4, 3.0, -1.1]) for half in HALF_TURNS],
        ),
    ],
    ids=["none", "half turns", "axis", "both"],
)
def test_every_equivalent_pose_is_met_exactly(symmetry: Symmetry, equals: list[SE3]) -> None:
    points = some_points()
    target = target_of(points)
    for equal in equals:
        seen = coordinates(moved(points, equal))
        found = nearest_equal(seen, target, NocsSymmetry.of(symmetry, FRAME))
        assert float(((found - seen).abs() * target.visible).max()) < 2e-5


def test_what_is_not_equivalent_is_not_met() -> None:
    points = some_points()
    seen = coordinates(moved(points, SE3.exp([0.0, 0, 0, 0.0, 0.0, math.pi / 2])))
    found = nearest_equal(seen, target_of(points), NocsSymmetry.of(Symmetry(HALF_TURNS), FRAME))
    assert float((found - seen).abs().mean()) > 0.1


def predicted(seen: Tensor, sureness: float) -> Prediction:
    """That `seen` (B, 3, h, w) is so many times as likely as anything else, in nats of a bin."""
    count, _, h, w = seen.shape
    logits = sureness * _shares(seen)
    return Prediction(logits, torch.zeros(count, 1, h, w))


def _shares(seen: Tensor) -> Tensor:
    """(B, 3, BINS, h, w) of the two bins beside each coordinate."""
    middles = torch.linspace(-0.5, 0.5, BINS)[:, None, None]
    return (1 - (seen[:, :, None] - middles).abs() * (BINS - 1)).clamp_min(0)


def test_being_sure_pays_where_it_is_right_and_costs_where_it_is_wrong() -> None:
    target = target_of(0.5 * some_points())
    none = NocsSymmetry.of(Symmetry.none(), FRAME)
    right, wrong = target.coordinates, (target.coordinates + 0.3).clamp(-0.5, 0.5)
    costs = [float(loss_of(predicted(right, sureness), target, none)) for sureness in (0.0, 3.0, 9.0)]
    assert costs[0] > costs[1] > costs[2]
    costs = [float(loss_of(predicted(wrong, sureness), target, none)) for sureness in (0.0, 3.0, 9.0)]
    assert costs[0] < costs[1] < costs[2]


def test_what_is_hidden_teaches_nothing_of_coordinates() -> None:
    target = target_of(0.5 * some_points())
    none = NocsSymmetry.of(Symmetry.none(), FRAME)
    elsewhere = torch.where(target.visible > 0, target.coordinates, 0.4)
    assert float(loss_of(predicted(elsewhere, 5.0), target, none)) == pytest.approx(
        float(loss_of(predicted(target.coordinates, 5.0), target, none))
    )


def test_the_loss_is_the_same_for_all_equivalent_poses() -> None:
    points = 0.5 * some_points()
    target, symmetry = target_of(points), NocsSymmetry.of(Symmetry(HALF_TURNS, (LINE,)), FRAME)
    costs = []
    for equal in (SE3.identity(), LINE.rotations([1.1])[0] @ HALF_TURNS[2]):
        seen = coordinates(moved(points, equal))
        # Exactly between two bins a coordinate costs a little more than on one: compared up to that.
        costs.append(float(loss_of(predicted(seen, 40.0), target, symmetry)))
    away = coordinates(moved(points, SE3.exp([0.0, 0, 0, 1.0, 0.5, 0.0])))
    wrong = float(loss_of(predicted(away, 40.0), target, symmetry))
    assert abs(costs[0] - costs[1]) < 0.3 < wrong - max(costs)
