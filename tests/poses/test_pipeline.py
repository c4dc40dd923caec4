"""The pipeline: a method is a recipe of parts, and an answer describes the poses that it holds."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from objpose import onboard
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.io import BopDataset, read_detections
from objpose.objects import ObjectModel
from objpose.poses import PoseAnswer, Verdict, best_distinct
from objpose.poses.align import Aligned, Alignment
from objpose.poses.judge import by_depth, judge
from objpose.poses.observation import Observation, observe
from objpose.poses.pipeline import Recipe, Stage, find, told_apart
from objpose.poses.propose.rotations import RotationSearch, SearchOptions
from objpose.poses.residuals import DepthResidual
from objpose.poses.rivals import RGBD_EVIDENCE, rivalry
from objpose.poses.settle import icp, pose_score
from objpose.robust import LMOptions
from objpose.timing import Clock
from tests.synthetic import REAL, Scene, looking, make_scene, onboarded, surface_error


def plain(model: ObjectModel, seen: Observation, **others: object) -> Recipe:
    """A method of five lines: a grid of rotations, ICP, and the depth residual alone."""
    size, crop, cloud = model.diameter, seen.crop, seen.cloud
    grid = RotationSearch(model, seen, SearchOptions(), torch.Generator().manual_seed(0))
    move = partial(
        icp, model.surface, cloud, iterations=8, start_distance=0.1 * size, end_distance=0.03 * size
    )
    look = partial(pose_score, model.surface, crop, cloud, max_distance=0.03 * size)
    settled = Stage("settled", move, look, partial(best_distinct, model, limit=8))
    depth = Alignment(
        model.mesh.bounds().mean(0), [(1.0, DepthResidual(crop, 0.01 * size, 0.06 * size))], model.mesh, crop
    )
    verdict = partial(judge, model.mesh, crop, by_depth(0.04 * size))
    rivals = rivalry(model, seen.sharp, RGBD_EVIDENCE, with_depth=True)
    return Recipe({"grid": grid}, (settled,), Aligned(depth, LMOptions(6)), verdict, rivals, **others)


def found(model: ObjectModel, frame: Frame, mask: Tensor, **others: object) -> PoseAnswer:
    return find(plain(model, observe(frame, mask, model, 112, 0.03), **others), Clock())


@pytest.mark.slow("onboards two scanned objects: four CPU seconds")
def test_a_method_of_five_lines_finds_objects_in_a_real_frame(shared_data: Path) -> None:
    dataset = BopDataset(shared_data / "lmo_frame")
    detections = read_detections(dataset.root / "detections.json")
    for target in dataset.targets():
        image = dataset.image(target.scene_id, target.im_id)
        info = dataset.models_info[target.obj_id]
        model = onboard(dataset.mesh(target.obj_id), "it", "m", out=None, symmetry=info.symmetry)
        own = max((d for d in detections if d.obj_id == target.obj_id), key=lambda d: d.score)
        frame = Frame(image.rgb, image.camera, image.depth)
        answer = found(model, frame, torch.from_numpy(own.mask()).bool())
        [truth] = [gt.cam_from_obj for gt in image.gts if gt.obj_id == target.obj_id]
        assert surface_error(model, answer.cam_from_obj[0], truth.to(torch.float32)) < 0.1
        assert {"grid", "settled", "hypotheses", "rivals"} <= set(answer.stats)
        assert {"grid", "settled", "rivals", "refined", "told apart"} <= set(answer.timings)


@pytest.fixture(scope="module")
def scene():
    return make_scene(onboarded("printed_box").mesh, looking(2), REAL)


def test_the_verdict_and_the_information_are_those_of_the_poses(scene) -> None:
    """Of the finished one too, which is neither judged nor weighed before it is finished."""
    model = onboarded("printed_box")
    seen = observe(scene.frame, scene.mask, model, 112, 0.03)
    aside = SE3.exp(torch.tensor([0.001, 0.0, -0.001, 0.0, 0.02, 0.0]))
    for finish in (None, lambda poses: aside @ poses):
        recipe = plain(model, seen, finish=finish)
        answer = find(recipe, Clock())
        again = recipe.judge(answer.cam_from_obj)
        for part in ("score", "geometry", "appearance", "visible"):
            torch.testing.assert_close(
                getattr(answer.verdict, part), getattr(again, part), rtol=1e-4, atol=1e-5
            )
        information = recipe.refine.information(answer.cam_from_obj)
        torch.testing.assert_close(
            answer.information, information, rtol=1e-2, atol=1e-3 * float(information.max())
        )


class Chosen:
    """Rivals of which one is chosen, whatever the frame says."""

    def __init__(self, known: SE3, choice: list[int], share: list[float]):
        self.known, self.choice, self.share = known, torch.tensor(choice), torch.tensor(share)

    def rivals(self, cam_from_obj: SE3) -> SE3:
        return self.known

    def compared(self, cam_from_obj: SE3, verdict: Verdict, closely: bool) -> Tensor:
        assert len(cam_from_obj) == len(verdict.score) == len(self.known) and not closely
        return torch.zeros(len(cam_from_obj))

    def contested(self, cam_from_obj: SE3, odds: Tensor) -> Tensor:
        return torch.zeros(0, dtype=torch.long)

    def in_place(self, cam_from_obj: SE3) -> tuple[SE3, Tensor]:
        raise AssertionError("nothing is contested")

    def answer(self, cam_from_obj: SE3, odds: Tensor) -> tuple[Tensor, Tensor]:
        return self.choice, self.share


def flips_of(model: ObjectModel, pose: SE3) -> SE3:
    return pose @ model.near_symmetry.discrete


def chosen_among_flips(model: ObjectModel, scene: Scene) -> Recipe:
    """Of the truth and its three flips, the second flip, and then the truth."""
    recipe = plain(model, observe(scene.frame, scene.mask, model, 112, 0.03))
    return replace(recipe, rivalry=Chosen(flips_of(model, scene.cam_from_obj), [2, 0], [0.7, 0.2]))


def test_rivals_say_which_poses_are_the_answer_and_in_which_order(scene) -> None:
    """Though another explains the frame better to the judge."""
    model = onboarded("printed_box")
    answer = find(chosen_among_flips(model, scene), Clock())
    torch.testing.assert_close(answer.share, torch.tensor([0.7, 0.2]))
    expected = flips_of(model, scene.cam_from_obj)[torch.tensor([2, 0])]
    for pose, truth in zip(answer.cam_from_obj, expected, strict=True):
        assert surface_error(model, pose, truth) < 0.03
    assert answer.stats["rivals"] == 4
    assert float(answer.verdict.score[0]) < float(answer.verdict.score[1])


def test_contested_rivals_are_judged_in_the_best_ones_place_too(scene) -> None:
    """There the rival whose alignment went astray is found the likeliest, and answered."""
    model = onboarded("printed_box")
    recipe = plain(model, observe(scene.frame, scene.mask, model, 112, 0.03))
    truth = scene.cam_from_obj
    shift = SE3.exp(torch.tensor([0.06, 0.0, 0.05, 0.0, 0.0, 0.0]) * model.diameter)
    flip = truth @ model.near_symmetry.discrete[1]
    poses = SE3.stack([shift @ truth, flip])
    told = replace(recipe.rivalry, evidence=replace(RGBD_EVIDENCE, geometry=60.0))
    answer = told_apart(replace(recipe, rivalry=told), poses, recipe.refine.information(poses))
    assert surface_error(model, answer.cam_from_obj[0], truth) < 0.02
    torch.testing.assert_close(
        answer.information[0], recipe.refine.information(answer.cam_from_obj[:1])[0], rtol=1e-3, atol=1.0
    )


def test_only_the_best_pose_is_finished(scene) -> None:
    """Once, and its share of the chance is what it was: finishing is no evidence."""
    model, asked = onboarded("printed_box"), []

    def aside(poses: SE3) -> SE3:
        asked.append(poses)
        return SE3.exp(torch.tensor([0.001, 0.0, 0.0, 0, 0, 0])) @ poses

    recipe = chosen_among_flips(model, scene)
    before, after = (find(replace(recipe, finish=finish), Clock()) for finish in (None, aside))
    assert len(before) == 2 and len(asked) == 1
    torch.testing.assert_close(asked[0].wxyz_xyz, before.cam_from_obj[:1].wxyz_xyz)
    assert not torch.equal(after.cam_from_obj[0].wxyz_xyz, before.cam_from_obj[0].wxyz_xyz)
    torch.testing.assert_close(after.cam_from_obj[1:].wxyz_xyz, before.cam_from_obj[1:].wxyz_xyz)
    torch.testing.assert_close(after.share, before.share)


def test_an_answer_keeps_its_parts_together() -> None:
    answer = found(*_blob())
    order = torch.arange(len(answer)).flip(0)
    turned = answer[order].joined(answer)
    assert len(turned) == 2 * len(answer)
    torch.testing.assert_close(
        turned.verdict.score, torch.cat([answer.verdict.score.flip(0), answer.verdict.score])
    )
    torch.testing.assert_close(turned.share, torch.cat([answer.share.flip(0), answer.share]))
    assert turned.information.shape == (2 * len(answer), 6, 6)


def _blob() -> tuple[ObjectModel, Frame, Tensor]:
    scene = make_scene(onboarded("painted_blob").mesh, looking(1), REAL)
    return onboarded("painted_blob"), scene.frame, scene.mask
