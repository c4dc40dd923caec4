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
from objpose.poses.rivals.rivalry import MOST, NEAR
from tests.poses.mugs import about_z, hidden_handle, standing
from tests.synthetic import Flaws, looking, make_scene, onboarded, surface_error

HARD = Flaws(noise=0.001, holes=0.1, border=1)


def seen(name: str, truth: SE3) -> Rivalry:
    model = onboarded(name)
    scene = make_scene(model.mesh, truth, HARD)
    return rivalry(model, crop_frame(scene.frame, scene.mask, 224), RGBD_EVIDENCE, with_depth=True)


def even(count: int) -> Verdict:
    """Of a judge to whom so many poses are all alike."""
    return Verdict(*torch.full((12, count), 0.5))


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
    kept, share = found.answer(poses, found.compared(poses, verdict, closely=False))
    assert int(kept[0]) == 1 and float(share[0]) > 0.9
    assert float(share.sum()) == pytest.approx(1.0, abs=1e-4)


def answered(name: str, poses: SE3, nats: list[float], believed: float = 1.0) -> tuple[Tensor, Tensor]:
    found = seen(name, looking(1))
    found = replace(found, evidence=replace(found.evidence, believed=believed))
    return found.answer(poses, torch.tensor(nats))


def test_doubt_makes_shares_alike_and_changes_no_choice() -> None:
    poses = looking(1) @ about_z([0, 90, 180])
    (kept, share), (same, less) = (
        answered("painted_blob", poses, [1.0, 3.0, 2.0], believed) for believed in (1.0, 0.5)
    )
    assert int(kept[0]) == int(same[0]) == 1 and 1 / 3 < float(less[0]) < float(share[0])
    torch.testing.assert_close(less.sort().values, torch.tensor([0.5, 1.0, 1.5]).softmax(0))


def test_shares_are_those_of_nats() -> None:
    kept, share = answered("painted_blob", looking(1) @ about_z([0, 90, 180]), [1.0, 3.0, 2.0])
    assert kept.tolist() == [1, 2, 0]
    torch.testing.assert_close(share, torch.tensor([3.0, 2.0, 1.0]).softmax(0))


def test_poses_that_nothing_tells_apart_split_the_chance() -> None:
    kept, share = answered("painted_blob", looking(1) @ about_z([0, 90, 180, 270]), 4 * [0.0])
    assert sorted(kept.tolist()) == [0, 1, 2, 3]
    torch.testing.assert_close(share, torch.full((4,), 0.25))


def test_poses_that_come_out_the_same_are_one_with_their_chance_together() -> None:
    kept, share = answered("painted_blob", looking(1) @ about_z([0, 1, 180]), 3 * [0.0])
    assert len(kept) == 2 and kept[0] in (0, 1) and int(kept[1]) == 2
    torch.testing.assert_close(share, torch.tensor([2 / 3, 1 / 3]))


def test_equals_under_the_symmetry_are_one() -> None:
    kept, share = answered("can", looking(1) @ about_z([0, 90, 180]), 3 * [0.0])
    assert len(kept) == 1 and not onboarded("can").symmetry.is_trivial
    torch.testing.assert_close(share, torch.ones(1))


def test_the_best_of_a_plateau_is_its_middle() -> None:
    """It errs least over all that may be true, even where an end of the range is likelier by a little."""
    poses = looking(1) @ about_z([-40, -20, 0, 20, 40])
    kept, share = answered("painted_blob", poses, [0.3, 0.0, 0.0, 0.0, 0.0])
    assert int(kept[0]) == 2
    assert float(share.sum()) <= 1 + 1e-5


def test_a_pose_alone_has_all_the_chance() -> None:
    found, pose = seen("mug", looking(2)), looking(2)[None]
    odds = found.compared(pose, even(1), closely=False)
    kept, share = found.answer(pose, odds)
    assert kept.tolist() == [0] and share.tolist() == [1.0] and not len(found.contested(pose, odds))


def test_the_judge_is_believed_where_drawings_differ_in_view() -> None:
    truth = standing(20.0)
    found, verdict = seen("mug", truth), replace(even(2), geometry=torch.tensor([0.5, 0.6]))
    nothing = replace(found.close_look, weights=Weights(0.0, 0.0, 0.0))
    found = replace(found, close_look=nothing)
    odds = [found.compared(truth @ about_z(turns), verdict, closely=False) for turns in ([0, 0], [0, 90])]
    assert odds[0].tolist() == [0.0, 0.0]
    said = float(RGBD_EVIDENCE.of(verdict)[1] - RGBD_EVIDENCE.of(verdict)[0])
    assert 0.7 * said < float(odds[1].max() - odds[1].min()) < said


def test_rivals_far_behind_are_not_contested() -> None:
    poses, found = looking(1) @ about_z([0, 90, 180]), seen("painted_blob", looking(1))
    assert found.contested(poses, torch.tensor([0.0, -1.0, -2 * NEAR])).tolist() == [0, 1]
    assert not len(found.contested(poses, torch.tensor([0.0, -2 * NEAR, -2 * NEAR])))


def test_a_pose_found_twice_is_not_its_own_rival() -> None:
    poses, found = standing(20.0) @ about_z([0, 1, 90]), seen("mug", standing(20.0))
    assert not len(found.contested(poses[:2], torch.tensor([0.0, -1.0])))
    placed, which = found.in_place(poses)
    assert which.tolist() == [2]
    assert surface_error(onboarded("mug"), placed[0], poses[2]) < 1e-3


def test_what_is_dear_is_asked_closely_alone() -> None:
    poses = standing(20.0) @ about_z([0, 90])
    found = replace(seen("mug", standing(20.0)), closely=lambda _: torch.tensor([0.0, 1e3]))
    assert int(found.compared(poses, even(2), closely=False).argmax()) == 0
    assert int(found.compared(poses, even(2), closely=True).argmax()) == 1
