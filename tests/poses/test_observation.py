"""What a mask's depth becomes, and what the caller is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.poses.observation import Observation, observe
from tests.synthetic import CAMERA, CLEAN, REAL, Flaws, Scene, looking, make_scene, onboarded


@pytest.fixture(scope="module")
def model() -> ObjectModel:
    return onboarded("painted_blob")


@pytest.fixture(scope="module")
def scene(model: ObjectModel) -> Scene:
    return make_scene(model.mesh, looking(1), CLEAN)


def seen(model: ObjectModel, scene: Scene) -> Observation:
    return observe(scene.frame, scene.mask, model, crop_size=112, voxel=0.03)


def with_depth(scene: Scene, depth: torch.Tensor) -> Scene:
    return replace(scene, frame=Frame(scene.frame.rgb, CAMERA, depth))


def test_the_cloud_lies_on_the_posed_surface(model: ObjectModel, scene: Scene) -> None:
    observation = seen(model, scene)
    cloud, pose = observation.cloud, scene.cam_from_obj.inverse()
    points, normals = pose.apply_points(cloud.points), pose.rotation.apply(cloud.normals)
    closest = torch.cdist(points, model.surface.cloud.points).argmin(1)
    surface = model.surface.cloud[closest]
    assert float((points - surface.points).norm(dim=-1).max()) < 0.05 * model.diameter
    assert float((normals * surface.normals).sum(-1).median()) > 0.97
    assert bool(((cloud.points * cloud.normals).sum(-1) < 0).float().mean() > 0.99)
    assert observation.warnings == ()


def test_the_wall_behind_a_rough_border_is_left_out(model: ObjectModel) -> None:
    rough = make_scene(model.mesh, looking(1), Flaws(border=6))
    near = seen(model, rough).cloud.points[:, 2]
    assert float(near.max()) < float(looking(1).translation[2]) + model.diameter


def test_flawed_depth_is_no_reason_to_warn(model: ObjectModel) -> None:
    assert seen(model, make_scene(model.mesh, looking(1), REAL)).warnings == ()


def test_a_mask_mostly_without_depth_is_reported(model: ObjectModel, scene: Scene) -> None:
    lost = torch.rand(scene.mask.shape, generator=torch.Generator().manual_seed(0)) < 0.75
    [warning] = seen(model, with_depth(scene, scene.frame.depth * ~lost)).warnings
    assert "% of the mask of painted_blob has depth" in warning
    assert 20 <= int(warning.split("%")[0].split()[-1]) <= 30


def test_an_object_too_small_for_its_mask_is_reported(model: ObjectModel, scene: Scene) -> None:
    [warning] = seen(replace(model, diameter=0.1 * model.diameter), scene).warnings
    assert "the masked points spread over" in warning and "0.0126 m across" in warning
    assert "check the mesh's units, the depth scale, or the mask" in warning


def test_an_object_as_large_as_a_house_is_refused_for_its_units(model: ObjectModel, scene: Scene) -> None:
    with pytest.raises(InputError, match="spread over only .* m across: check the mesh's units") as refusal:
        seen(replace(model, diameter=60 * model.diameter), scene)
    assert str(refusal.value).startswith("mask of painted_blob: found ")


def test_too_little_depth_is_refused_with_the_cure(model: ObjectModel, scene: Scene) -> None:
    for keep in (0, 8):
        hidden = scene.mask.clone()
        hidden[tuple(scene.mask.nonzero()[:keep].T)] = False
        with pytest.raises(InputError, match="mask of painted_blob: found .* measured points.*larger mask"):
            seen(model, with_depth(scene, scene.frame.depth * ~hidden))
