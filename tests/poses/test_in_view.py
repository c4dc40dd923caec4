"""What little is in view costs an answer: nothing of a whole object, more the less of one is seen."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.crops import Crop, crop_frame
from objpose.estimator import EstimatorOptions, PoseEstimator
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.poses.in_view import LITTLE, view_nats
from tests.synthetic import CLEAN, REAL, Scene, looking, make_scene, onboarded

MODEL = onboarded("printed_box")
SEEDS = pytest.mark.parametrize("seed", [1, 3, 5])


def scene_of(seed: int) -> Scene:
    return make_scene(MODEL.mesh, looking(seed), CLEAN)


def first_columns(scene: Scene, share: float) -> int:
    return int(scene.mask.nonzero()[:, 1].float().quantile(share)) + 1


def cut(scene: Scene, share: float) -> tuple[Frame, Tensor]:
    """The frame that ends where a share of the mask's pixels is left, and what is left of the mask."""
    width, height = first_columns(scene, share), scene.frame.size[0]
    frame, depth = scene.frame, scene.frame.depth
    assert depth is not None
    camera = frame.camera.crop(0, 0, width, height)
    return Frame(frame.rgb[:, :width], camera, depth[:, :width]), scene.mask[:, :width]


def nats(crop: Crop, cam_from_obj: SE3) -> float:
    return view_nats(MODEL, crop, MODEL.cam_from_mesh(cam_from_obj))


@SEEDS
def test_a_whole_object_costs_nothing_and_a_strip_the_more_the_less_it_shows(seed: int) -> None:
    scene = scene_of(seed)
    found = [nats(crop_frame(*cut(scene, share), 200), scene.cam_from_obj) for share in (0.03, 0.1, 0.3, 1.0)]
    assert found == sorted(found) and found[0] < -2.0 and found[1] < -0.5 and found[-1] > -0.05


@SEEDS
def test_what_hides_the_rest_costs_as_much_as_the_frames_border(seed: int) -> None:
    scene = scene_of(seed)
    mask = scene.mask & (torch.arange(scene.mask.shape[1]) < first_columns(scene, 0.1))
    hidden = nats(crop_frame(scene.frame, mask, 200), scene.cam_from_obj)
    assert hidden == pytest.approx(nats(crop_frame(*cut(scene, 0.1), 200), scene.cam_from_obj), abs=0.1)


def test_depth_that_is_not_the_objects_shows_nothing_of_it() -> None:
    scene = scene_of(1)
    crop = crop_frame(scene.frame, scene.mask, 200)
    away = SE3.exp(torch.tensor([0.0, 0.0, 0.05, 0.0, 0.0, 0.0])) @ scene.cam_from_obj
    assert nats(crop, away) < nats(crop, scene.cam_from_obj) - 1.0


def test_a_pose_that_reaches_behind_the_camera_is_not_drawn() -> None:
    scene = scene_of(1)
    turned = SE3.from_rotation_translation(scene.cam_from_obj.rotation, torch.tensor([0.0, 0.0, 0.01]))
    assert nats(crop_frame(scene.frame, scene.mask, 200), turned) == 0.0


def test_an_answer_from_a_strip_is_less_sure_and_says_by_what() -> None:
    scene = make_scene(MODEL.mesh, looking(3), REAL)
    estimator = PoseEstimator([MODEL], EstimatorOptions("rgbd"))
    whole, part = (estimator.estimate(*cut(scene, share))[0] for share in (1.0, 0.08))
    assert whole.stats["view"] > -0.2 and whole.confidence > 0.95
    assert part.stats["view"] < -1.0 and part.confidence < 0.9  # 0.97 before this was asked
    assert LITTLE in part.warnings and LITTLE not in whole.warnings
