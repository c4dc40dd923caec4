"""Rivals compared: odds are those of pairs, the truth wins where the difference shows, and ties where not."""

from __future__ import annotations

import pytest
import torch

from objpose.crops import crop_frame
from objpose.geometry import SE3
from objpose.poses.rivals import RGB_EVIDENCE, RGBD_EVIDENCE, Comparison, Weights
from tests.poses.mugs import about_z, hidden_handle, standing
from tests.synthetic import REAL, Flaws, looking, make_scene, onboarded

HARD = Flaws(noise=0.001, holes=0.1, border=1)
DEPTH_AND_NOT = pytest.mark.parametrize(
    ("weights", "with_depth"), [(RGBD_EVIDENCE.first, True), (RGB_EVIDENCE.first, False)], ids=["rgbd", "rgb"]
)


def compared(name: str, truth: SE3, weights: Weights, with_depth: bool, flaws: Flaws = HARD) -> Comparison:
    model = onboarded(name)
    scene = make_scene(model.mesh, truth, flaws)
    crop = crop_frame(scene.frame, scene.mask, 224)
    return Comparison(model.mesh, crop, model.diameter, weights, with_depth)


@DEPTH_AND_NOT
@pytest.mark.parametrize("handle", [0.0, 40.0, 180.0])
def test_a_handle_in_view_tells_the_turn(handle: float, weights: Weights, with_depth: bool) -> None:
    truth = standing(handle)
    poses = truth @ about_z([0, 45, 90, 135, 180, -135, -90, -45])
    odds = compared("mug", truth, weights, with_depth).log_odds(poses)
    assert bool((odds[0] > odds[1:] + 3).all())


@DEPTH_AND_NOT
def test_a_handle_behind_the_body_tells_nothing_of_small_turns(weights: Weights, with_depth: bool) -> None:
    truth = hidden_handle()
    comparison = compared("mug", truth, weights, with_depth)
    odds = comparison.log_odds(truth @ about_z([0, 8, -8]))
    assert float(odds.max() - odds.min()) < 1.0


@DEPTH_AND_NOT
def test_but_that_it_is_behind_is_told(weights: Weights, with_depth: bool) -> None:
    """By the handle that is not there: beside the body; before it, by depth alone."""
    truth = hidden_handle()
    odds = compared("mug", truth, weights, with_depth).log_odds(truth @ about_z([0, 90, -90, 180]))
    assert bool((odds[0] > odds[1:3] + 3).all())
    if with_depth:
        assert float(odds[0]) > float(odds[3]) + 3
    else:
        assert float(odds[0]) == pytest.approx(float(odds[3]), abs=1.0)


@DEPTH_AND_NOT
@pytest.mark.parametrize("seed", range(3))
def test_a_print_tells_flips_that_the_shape_cannot(seed: int, weights: Weights, with_depth: bool) -> None:
    model, truth = onboarded("printed_box"), looking(30 + seed)
    poses = truth @ model.near_symmetry.discrete
    odds = compared("printed_box", truth, weights, with_depth, REAL).log_odds(poses)
    assert bool((odds[0] > odds[1:] + 3).all())


@DEPTH_AND_NOT
@pytest.mark.parametrize("name", ["mug", "printed_box"])
def test_a_pose_against_itself_is_a_tie(name: str, weights: Weights, with_depth: bool) -> None:
    truth = looking(3)
    comparison = compared(name, truth, weights, with_depth)
    odds = comparison.log_odds(SE3.cat([truth[None], truth[None]]))
    assert float(odds[0]) == pytest.approx(float(odds[1]), abs=1e-3)


@DEPTH_AND_NOT
@pytest.mark.parametrize("name", ["mug", "printed_box"])
def test_the_best_has_no_odds_against_it_and_order_does_not_matter(
    name: str, weights: Weights, with_depth: bool
) -> None:
    truth = looking(4)
    comparison = compared(name, truth, weights, with_depth, REAL)
    poses = truth @ SE3.cat([about_z([0, 30, 180]), onboarded(name).near_symmetry.discrete[1:]])
    odds, back = comparison.log_odds(poses), comparison.log_odds(poses[torch.arange(len(poses)).flip(0)])
    assert float(odds.max()) == 0.0 and int(odds.argmax()) == 0
    torch.testing.assert_close(back.flip(0), odds, rtol=0.05, atol=0.1)


def test_a_single_pose_has_no_rival() -> None:
    for name in ("mug", "printed_box"):
        assert compared(name, looking(5), RGBD_EVIDENCE.first, True).log_odds(looking(5)[None]).tolist() == [
            0.0
        ]
