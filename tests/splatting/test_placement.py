"""The first steps of a refinement: they move, do not turn, and hold to the start."""

from __future__ import annotations

import pytest
import torch

from objpose.geometry import SE3, SO3
from objpose.robust import LMOptions
from objpose.splatting import AlignmentOptions, SplatAlignment
from objpose.splatting.placement import Anchored, Unturned, centred, placed
from objpose.splatting.refine import comparable
from tests.splatting.pictures import TRUTH, blob_splats, picture

FREE = LMOptions(6, 1e-2, 1e-5)


def problem(with_depth: bool = True, update: str = "object") -> SplatAlignment:
    splats = blob_splats()
    crop = picture(splats, TRUTH, with_depth).smaller(32)
    return SplatAlignment(comparable(splats, TRUTH), crop, AlignmentOptions(update=update))


def aside(x: float, y: float, z: float = 0.0) -> torch.Tensor:
    """(1, 7): the truth moved, in metres."""
    return torch.cat([TRUTH.wxyz_xyz[:4], TRUTH.wxyz_xyz[4:] + torch.tensor([x, y, z])])[None]


def distance(params: torch.Tensor) -> float:
    return float((params[0, 4:] - TRUTH.translation).norm())


@pytest.mark.parametrize(("with_depth", "z"), [(True, 0.05), (False, 0.0)])
def test_what_is_drawn_comes_to_what_is_seen(with_depth: bool, z: float) -> None:
    start = aside(0.03, -0.02, z)
    found = centred(problem(with_depth), start)
    assert distance(found) < 0.2 * distance(start)
    torch.testing.assert_close(found[:, :4], start[:, :4])


def test_nothing_drawn_moves_nothing() -> None:
    start = aside(2.0, 0.0)
    torch.testing.assert_close(centred(problem(), start), start)


@pytest.mark.parametrize("update", ["object", "camera"])
def test_placing_does_not_turn(update: str) -> None:
    start = aside(0.02, 0.02, -0.03)
    found = placed(problem(update=update), start, FREE)
    assert distance(found) < 0.1 * distance(start)
    assert float((SE3(found).rotation.inverse() @ TRUTH.rotation).angle()) < 1e-3


def test_of_a_batch_each_takes_its_better_end() -> None:
    starts = torch.cat([aside(0.0, 0.0), aside(0.03, 0.0), aside(0.0, 0.0, 0.04)])
    steps = Unturned(problem())
    ends = placed(problem(), starts, FREE)
    assert bool((steps.linearize(ends).cost <= steps.linearize(starts).cost).all())


@pytest.mark.parametrize("update", ["object", "camera"])
def test_the_anchor_pulls_by_the_gradient_of_its_cost(update: str) -> None:
    free = problem(update=update)
    start = TRUTH[None].wxyz_xyz.double()
    turned = SO3.exp(torch.tensor([0.2, -0.1, 0.15], dtype=torch.float64))
    at = SE3.from_rotation_translation(TRUTH.rotation.to(torch.float64) @ turned, TRUTH.translation.double())[
        None
    ]
    at = at.wxyz_xyz
    anchored = Anchored(free, start, 0.3, 0.5)

    def pull(params: torch.Tensor) -> torch.Tensor:
        return anchored.linearize(params).cost - free.linearize(params).cost

    gradient = anchored.linearize(at).gradient - free.linearize(at).gradient
    for axis in range(6):
        step = torch.zeros(1, 6, dtype=torch.float64)
        step[0, axis] = 1e-5
        slope = (pull(free.retract(at, step)) - pull(free.retract(at, -step))) / 2e-5
        torch.testing.assert_close(gradient[:, axis], slope, rtol=1e-3, atol=1e-4)
