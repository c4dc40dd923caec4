"""Registration: the C++ core and CUDA, under the shim, agree with the twin."""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.raster import SurfaceIndex
from objpose.raster.cpu import registration as cpu
from objpose.raster.cuda import registration as cuda
from objpose.raster.twin import registration as twin
from tests.synthetic import about_centre, looking, onboarded, twists


class Scene(NamedTuple):
    index: SurfaceIndex
    points: Tensor  # (N, 3), with what does not belong to the object
    normals: Tensor
    poses: Tensor  # (B, 7) about the truth, and one far away


def scene_of(name: str, poses: int, count: int) -> Scene:
    model, truth = onboarded(name), looking(4)
    generator = torch.Generator().manual_seed(0)
    chosen = torch.randperm(len(model.surface.cloud), generator=generator)[:count]
    cloud = model.surface.cloud[chosen]
    points, normals = truth.apply_points(cloud.points), truth.rotation.apply(cloud.normals)
    points[::7] += 0.3 * model.diameter * torch.randn(len(points[::7]), 3, generator=generator)
    near = about_centre(model, truth, twists(poses - 1, 0.05 * model.diameter, 0.2)).wxyz_xyz
    far = truth.wxyz_xyz[None] + torch.tensor([0, 0, 0, 0, 9.0, 0, 0])
    return Scene(model.surface.index, points, normals, torch.cat([near, far]))


def registered(core: ModuleType, scene: Scene, steps: int) -> Tensor:
    size = scene.index.diameter
    return core.register_points(*scene, steps, 0.2 * size, 0.05 * size)


def moved_apart(one: Tensor, other: Tensor, scene: Scene) -> Tensor:
    """(B,) of the diameter, what surface points lie apart at most under poses (B, 7)."""
    points = scene.index.points[:, :3]
    gap = SE3(one).apply_points(points) - SE3(other).apply_points(points)
    return gap.norm(dim=-1).amax(-1) / scene.index.diameter


@pytest.mark.parametrize("name", ["painted_blob", "mug", "can"])
def test_a_step_is_that_of_the_twin(name: str) -> None:
    scene = scene_of(name, 40, 101)
    found, expected = registered(cpu, scene, 1), registered(twin, scene, 1)
    assert float(moved_apart(found, expected, scene).max()) < 1e-4
    assert float(moved_apart(found, scene.poses, scene)[:-1].min()) > 0.003


@pytest.mark.parametrize("name", ["painted_blob", "mug"])
def test_steps_lead_where_those_of_the_twin_do(name: str) -> None:
    """But for a pose whose points lie on the border between cells, where rounding decides."""
    scene = scene_of(name, 40, 150)
    apart = moved_apart(registered(cpu, scene, 8), registered(twin, scene, 8), scene)
    assert float(apart.quantile(0.9)) < 1e-4 and float(apart.max()) < 5e-3


def test_a_pose_without_a_point_in_reach_stays() -> None:
    scene = scene_of("mug", 4, 50)
    for core in (cpu, twin):
        torch.testing.assert_close(registered(core, scene, 3)[-1], scene.poses[-1])


@pytest.mark.parametrize("with_similarity", [True, False])
def test_surface_agreement(with_similarity: bool) -> None:
    scene = scene_of("mug", 40, 150)
    shape = len(scene.points), len(scene.index.points)
    similarity = torch.rand(shape, generator=torch.Generator().manual_seed(1)) if with_similarity else None
    found, expected = (
        core.surface_agreement(*scene, 0.05 * scene.index.diameter, similarity) for core in (cpu, twin)
    )
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert float(found[:-1].max()) > 0.3 * (0.5 if with_similarity else 1) and float(found[-1]) == 0.0


def test_points_that_are_not_finite_are_of_no_pose() -> None:
    scene = scene_of("mug", 4, 50)
    poses = scene.poses.clone()
    poses[1] = torch.nan
    moved = registered(cpu, scene._replace(poses=poses), 2)
    torch.testing.assert_close(moved[[0, 2]], registered(cpu, scene, 2)[[0, 2]])
    assert bool(moved[1].isnan().all())


def seen(core: ModuleType, scene: Scene) -> Tensor:
    K = torch.tensor([[300.0, 0, 60.0], [0, 310.0, 55.0], [0, 0, 1]])
    depth = 0.1 + torch.rand(110, 120, generator=torch.Generator().manual_seed(2))
    depth[:, ::5] = 0
    poses = torch.cat([scene.poses, scene.poses[:1] * torch.tensor([1, 1, 1, 1, 1, 1, -1.0])])
    return core.seen_through(scene.index.points[::9, :3].contiguous(), depth, K, poses, 0.01)


def test_seen_through() -> None:
    scene = scene_of("mug", 40, 10)
    found, expected = seen(cpu, scene), seen(twin, scene)
    torch.testing.assert_close(found, expected, rtol=0, atol=0.02)
    assert 0.1 < float(found[0]) < 0.9 and found[-2:].tolist() == [0.0, 0.0]


def test_on_the_shim(on_shim: None) -> None:
    scene = scene_of("mug", 3, 50)
    size = scene.index.diameter
    assert float(moved_apart(registered(cuda, scene, 2), registered(cpu, scene, 2), scene).max()) < 1e-4
    similarity = torch.rand(len(scene.points), len(scene.index.points))
    for given in (None, similarity):
        found, expected = (core.surface_agreement(*scene, 0.05 * size, given) for core in (cuda, cpu))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(seen(cuda, scene), seen(cpu, scene))
