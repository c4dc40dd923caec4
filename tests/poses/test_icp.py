"""ICP and the surface score: steps that undo small motions, and truths that score best."""

from __future__ import annotations

import pytest
import torch

from objpose.features import PointCloud
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses.settle import icp, surface_score
from objpose.raster.twin.registration import object_step, to_object
from tests.synthetic import about_centre, looking, make_scene, onboarded, surface_error, twists


def scene_cloud(model: ObjectModel, cam_from_obj: SE3, count: int = 400) -> PointCloud:
    """Surface points of the object as a camera sees them, free of noise."""
    cloud = model.surface.cloud
    points = cam_from_obj.apply_points(cloud.points)
    normals = cam_from_obj.rotation.apply(cloud.normals)
    towards = (points * normals).sum(-1) < 0
    return PointCloud(points[towards], normals[towards]).subset(count, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug"])
def test_a_step_undoes_a_small_motion(name: str) -> None:
    """The step is the twist that was put in, but for what the shape leaves free."""
    model, truth = onboarded(name), looking(4)
    cloud = scene_cloud(model, truth, 1_500)
    put_in = twists(20, 0.004 * model.diameter, 0.004)
    scene = cloud.points, cloud.normals
    step = object_step(model.surface.index, *scene, truth @ SE3.exp(put_in), reach=0.3 * model.diameter)
    left = truth @ SE3.exp(put_in) @ SE3.exp(-step)
    before = torch.tensor([surface_error(model, pose, truth) for pose in truth @ SE3.exp(put_in)])
    after = torch.tensor([surface_error(model, pose, truth) for pose in left])
    assert bool((after < 0.4 * before).all())


@pytest.mark.parametrize("name", ["painted_blob", "printed_box", "mug", "can"])
def test_icp_comes_home_from_five_degrees_and_a_centimetre(name: str) -> None:
    model, truth = onboarded(name), looking(6)
    start = about_centre(model, truth, twists(12, 0.01, 0.0873))
    found = icp(
        model.surface, scene_cloud(model, truth), start, 15, 0.15 * model.diameter, 0.03 * model.diameter
    )
    errors = torch.tensor([surface_error(model, pose, truth) for pose in found])
    assert float(errors.quantile(0.8)) < 0.02
    assert bool((errors < torch.tensor([surface_error(model, pose, truth) for pose in start])).all())


def test_poses_of_a_batch_do_not_touch_each_other() -> None:
    model, truth = onboarded("mug"), looking(6)
    start = about_centre(model, truth, twists(5, 0.01, 0.1))
    cloud, reach = scene_cloud(model, truth), 0.1 * model.diameter
    together = icp(model.surface, cloud, start, 5, reach, reach)
    alone = SE3.cat([icp(model.surface, cloud, start[i : i + 1], 5, reach, reach) for i in range(5)])
    torch.testing.assert_close(together.matrix(), alone.matrix(), rtol=0, atol=1e-5)


def test_outliers_beyond_the_reach_pull_nothing() -> None:
    model, truth = onboarded("painted_blob"), looking(6)
    cloud, reach = scene_cloud(model, truth), 0.05 * model.diameter
    far = PointCloud(cloud.points + torch.tensor([0.0, 0.0, 3.0 * model.diameter]), cloud.normals)
    both = PointCloud(torch.cat([cloud.points, far.points]), torch.cat([cloud.normals, far.normals]))
    start = about_centre(model, truth, twists(4, 0.002, 0.02))
    clean, dirty = (icp(model.surface, one, start, 4, reach, reach) for one in (cloud, both))
    torch.testing.assert_close(dirty.matrix(), clean.matrix(), rtol=0, atol=1e-5)


def test_to_object_is_the_inverse_motion() -> None:
    poses = SE3.stack([looking(seed) for seed in range(3)])
    cloud = scene_cloud(onboarded("mug"), looking(0), 50)
    points, normals = to_object(poses, cloud.points, cloud.normals)
    points, normals = points.permute(1, 2, 0), normals.permute(1, 2, 0)
    torch.testing.assert_close(points, poses.inverse().apply_points(cloud.points), rtol=0, atol=1e-6)
    torch.testing.assert_close(
        poses.rotation[:, None].apply(normals), cloud.normals.expand(3, -1, -1), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("name", ["painted_blob", "mug"])
def test_the_truth_scores_best(name: str) -> None:
    model, truth = onboarded(name), looking(2)
    cloud, reach = scene_cloud(model, truth), 0.06 * model.diameter
    sizes = [(0.1, 0.0), (0.0, 0.3), (0.2, 1.0)]
    wrong = SE3.cat([about_centre(model, truth, twists(30, s * model.diameter, t)) for s, t in sizes])
    best, others = (
        surface_score(model.surface, cloud, truth[None], reach),
        surface_score(model.surface, cloud, wrong, reach),
    )
    assert 0.9 < float(best) <= 1.0
    assert bool((others < best).all() and (others >= 0).all())


def test_points_that_face_away_do_not_count() -> None:
    model, truth = onboarded("painted_blob"), looking(2)
    cloud = scene_cloud(model, truth)
    inside_out = PointCloud(cloud.points, -cloud.normals)
    score = surface_score(model.surface, inside_out, truth[None], 0.06 * model.diameter)
    assert float(score) < 0.02


def test_real_masks_score_the_visible_share() -> None:
    """A cloud half of which is another thing scores half."""
    model = onboarded("painted_blob")
    scene = make_scene(model.mesh, looking(2))
    cloud = scene_cloud(model, scene.cam_from_obj)
    strange = PointCloud(cloud.points + 1.0, cloud.normals)
    half = PointCloud(torch.cat([cloud.points, strange.points]), torch.cat([cloud.normals, strange.normals]))
    reach, pose = 0.06 * model.diameter, scene.cam_from_obj[None]
    whole, halved = (float(surface_score(model.surface, one, pose, reach)) for one in (cloud, half))
    assert halved == pytest.approx(whole / 2, rel=1e-4)
