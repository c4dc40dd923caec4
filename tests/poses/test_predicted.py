"""Perfect coordinates give the exact pose, by picture and by depth; a network's poses compete too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from objpose.estimator import EstimatorOptions, PoseEstimator
from objpose.nocs import FILE, NetworkOptions, PoseNet, save_network
from objpose.nocs.view import FILL, SIZE
from objpose.poses.propose.predicted import LEAST_PIXELS, PredictedOptions, predicted_by, predicted_poses
from objpose.poses.query import query_view
from tests.poses.knowing import NAME, Knowing
from tests.poses.objects import photograph
from tests.synthetic import CLEAN, looking, make_scene, onboarded, surface_error


@pytest.mark.parametrize("wrong", [0.0, 0.4])
@pytest.mark.parametrize("seed", range(3))
def test_perfect_coordinates_give_the_exact_pose_by_picture(seed: int, wrong: float) -> None:
    model, truth = onboarded(NAME), looking(seed)
    frame, mask = photograph(model.mesh, truth)
    network = Knowing(query_view(frame, mask, SIZE, FILL), truth, wrong)
    poses = predicted_poses(model, network, frame, mask, 0)
    assert surface_error(model, poses[0], truth) < 0.01


@pytest.mark.parametrize("wrong", [0.0, 0.4])
@pytest.mark.parametrize("seed", range(3))
def test_perfect_coordinates_give_the_exact_pose_by_depth(seed: int, wrong: float) -> None:
    model, truth = onboarded(NAME), looking(seed)
    scene = make_scene(model.mesh, truth, CLEAN, seed=seed)
    network = Knowing(query_view(scene.frame, scene.mask, SIZE, FILL), truth, wrong)
    poses = predicted_poses(model, network, scene.frame, scene.mask, 0)
    # The nearest measured pixel lies up to half a pixel aside of the one that is told.
    assert surface_error(model, poses[0], truth) < 0.02


def test_specks_far_off_do_not_shrink_the_crop() -> None:
    model, truth = onboarded(NAME), looking(1)
    frame, mask = photograph(model.mesh, truth)
    network = Knowing(query_view(frame, mask, SIZE, FILL), truth)
    mask = mask.clone()
    mask[2:4, 2:4] = True
    assert surface_error(model, predicted_poses(model, network, frame, mask, 0)[0], truth) < 0.01


def test_what_shows_nothing_of_the_object_gives_no_pose() -> None:
    model, truth = onboarded(NAME), looking(0)
    frame, mask = photograph(model.mesh, truth)
    network = Knowing(query_view(frame, mask, SIZE, FILL), truth)
    nothing = torch.full_like(network.answer.mask_logit, -9.0)
    nothing.view(-1)[: LEAST_PIXELS - 1] = 9.0
    network.answer = network.answer._replace(mask_logit=nothing)
    assert len(predicted_poses(model, network, frame, mask, 0)) == 0


def test_without_a_network_nothing_is_proposed() -> None:
    frame, mask = photograph(onboarded(NAME).mesh, looking(0))
    assert predicted_by(None, onboarded(NAME), frame, mask, 0, PredictedOptions()) == {}


def test_the_network_beside_an_object_takes_part(tmp_path: Path) -> None:
    model, truth = onboarded(NAME), looking(3)
    scene = make_scene(model.mesh, truth, CLEAN, seed=0)
    kept = replace(model, folder=tmp_path)
    save_network(tmp_path / FILE, PoseNet(NetworkOptions(width=8)), model.content)
    [estimate] = PoseEstimator([kept]).estimate(scene.frame, scene.mask)
    assert "predicted" in estimate.stats and "predicted" in estimate.timings
    assert surface_error(model, estimate.cam_from_obj, truth) < 0.05  # an untaught network does no harm
    [alone] = PoseEstimator([kept], EstimatorOptions(pose_nets=False)).estimate(scene.frame, scene.mask)
    assert "predicted" not in alone.stats
