"""Look-alikes found, thinned out, and given their shares of the chance."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.crops import crop_frame
from objpose.geometry import SE3
from objpose.poses.answer import Verdict
from objpose.poses.distinct import SAME, separations
from objpose.poses.judge import by_depth, judge
from objpose.poses.rivals import RGBD_EVIDENCE, Rivalry, Weights, rivalry
from objpose.poses.rivals.rivalry import MOST
from tests.poses.mugs import about_z, hidden_handle, standing
from tests.synthetic import Flaws, looking, make_scene, onboarded, surface_error

HARD = Flaws(noise=0.001, holes=0.1, border=1)


def seen(name: str, truth: SE3) -> Rivalry:
    model = onboarded(name)
    scene = make_scene(model.mesh, truth, HARD)
    return rivalry(model, crop_frame(scene.frame, scene.mask, 224), RGBD_EVIDENCE, with_depth=True)


def judged_as(name: str, nats: list[float]) -> Rivalry:
    """Of poses that nothing in the frame tells apart but these nats."""
    found = seen(name, looking(1))
    close = replace(found.close_look, weights=Weights(0.0, 0.0, 0.0))
    return replace(found, close_look=close, further=lambda _: torch.tensor(nats))


def even(count: int) -> Verdict:
    """Of a judge to whom so many poses are all alike."""
    return Verdict(*torch.full((9, count), 0.5))


def gaps(name: str, poses: SE3) -> Tensor:
    """Distances of different ones of poses (B,), of the diameter."""
    model = onboarded(name)
    apart = separations(model, model.symmetry, poses) / model.diameter
    return apart[~torch.eye(len(poses), dtype=torch.bool)]


@pytest.mark.parametrize("wrong", [50.0, 120.0, 180.0, -70.0])
def test_a_wrong_turn_about_a_near_axis_has_the_truth_among_its_rivals(wrong: float) -> None:
    model, truth = onboarded("mug"), standing(20.0)
    found = seen("mug", truth).rivals(truth @ about_z([wrong]))
    assert 1 <= len(found) <= MOST
    assert surface_error(model, found[0], truth) < SAME
    assert len(found) == 1 or float(gaps("mug", found).min()) > SAME


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_flip_has_the_truth_among_its_rivals(seed: int) -> None:
    model, truth = onboarded("printed_box"), looking(30 + seed)
    wrong = truth @ model.near_symmetry.discrete[1:2]
    found = seen("printed_box", truth).rivals(wrong)
    assert min(surface_error(model, pose, truth) for pose in found) < SAME


def test_where_the_handle_hides_the_turns_that_hide_it_stay_rivals() -> None:
    truth = hidden_handle()
    found = seen("mug", truth).rivals(truth[None])
    assert len(found) > 1 and float(gaps("mug", found).min()) > SAME
    model = onboarded("mug")
    assert min(surface_error(model, pose, truth) for pose in found) < SAME


def test_never_more_than_the_most_are_compared() -> None:
    truth = hidden_handle()
    many = truth @ about_z([float(degrees) for degrees in range(0, 360, 10)])
    assert len(seen("mug", truth).rivals(many)) <= MOST


def test_the_truth_among_its_rivals_has_the_chance() -> None:
    truth = standing(20.0)
    found, poses = seen("mug", truth), truth @ about_z([90.0, 0.0, 180.0])
    look = found.close_look
    verdict = judge(look.mesh, look.crop.smaller(112), by_depth(0.04 * look.diameter), poses)
    kept, share = found.answer(poses, verdict)
    assert int(kept[0]) == 1 and float(share[0]) > 0.9
    assert float(share.sum()) == pytest.approx(1.0, abs=1e-4)


def test_doubt_makes_shares_alike_and_changes_no_choice() -> None:
    poses = looking(1) @ about_z([0, 90, 180])
    plain = judged_as("painted_blob", [1.0, 3.0, 2.0])
    doubting = replace(plain, evidence=replace(plain.evidence, believed=0.5))
    (kept, share), (same, less) = (found.answer(poses, even(len(poses))) for found in (plain, doubting))
    assert int(kept[0]) == int(same[0]) == 1 and 1 / 3 < float(less[0]) < float(share[0])
    torch.testing.assert_close(less.sort().values, torch.tensor([0.5, 1.0, 1.5]).softmax(0))


def test_shares_are_those_of_nats() -> None:
    poses = looking(1) @ about_z([0, 90, 180])
    kept, share = judged_as("painted_blob", [1.0, 3.0, 2.0]).answer(poses, even(len(poses)))
    assert kept.tolist() == [1, 2, 0]
    torch.testing.assert_close(share, torch.tensor([3.0, 2.0, 1.0]).softmax(0))


def test_poses_that_nothing_tells_apart_split_the_chance() -> None:
    poses = looking(1) @ about_z([0, 90, 180, 270])
    kept, share = judged_as("painted_blob", 4 * [0.0]).answer(poses, even(len(poses)))
    assert sorted(kept.tolist()) == [0, 1, 2, 3]
    torch.testing.assert_close(share, torch.full((4,), 0.25))


def test_poses_that_come_out_the_same_are_one_with_their_chance_together() -> None:
    poses = looking(1) @ about_z([0, 1, 180])
    kept, share = judged_as("painted_blob", 3 * [0.0]).answer(poses, even(len(poses)))
    assert len(kept) == 2 and kept[0] in (0, 1) and int(kept[1]) == 2
    torch.testing.assert_close(share, torch.tensor([2 / 3, 1 / 3]))


def test_equals_under_the_symmetry_are_one() -> None:
    can = onboarded("can")
    kept, share = judged_as("can", 3 * [0.0]).answer(looking(1) @ about_z([0, 90, 180]), even(3))
    assert len(kept) == 1 and not can.symmetry.is_trivial
    torch.testing.assert_close(share, torch.ones(1))


def test_the_best_of_a_plateau_is_its_middle() -> None:
    """It errs least over all that may be true, even where an end of the range is likelier by a little."""
    poses = looking(1) @ about_z([-40, -20, 0, 20, 40])
    kept, share = judged_as("painted_blob", [0.3, 0.0, 0.0, 0.0, 0.0]).answer(poses, even(len(poses)))
    assert int(kept[0]) == 2
    assert float(share.sum()) <= 1 + 1e-5


def test_a_pose_alone_has_all_the_chance() -> None:
    kept, share = seen("mug", looking(2)).answer(looking(2)[None], even(1))
    assert kept.tolist() == [0] and share.tolist() == [1.0]


def test_the_judge_speaks_beside_what_tells_them_apart() -> None:
    poses = looking(1) @ about_z([0, 90])
    verdict = replace(even(2), geometry=torch.tensor([0.595, 0.6]))
    kept, share = judged_as("painted_blob", [0.0, 0.0]).answer(poses, verdict)
    assert kept.tolist() == [1, 0]
    torch.testing.assert_close(share, RGBD_EVIDENCE.of(verdict).softmax(0)[kept])
