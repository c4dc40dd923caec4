"""Surface points: the core agrees with its twin, the twin's equations with its cost."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3, NormalEquations, moved_about
from objpose.raster import DepthMatching, PointCounts, SurfacePoints, move_poses
from objpose.raster.cpu import points as cpu
from objpose.raster.twin import points as twin
from tests.raster.outline_scenes import HEIGHT, RADIUS, WIDTH, K, disturbed, outlines, pixel_error, truth
from tests.raster.surface_scenes import COUNT, depth_of, surface_of

FINE, COARSE = DepthMatching(0.01, 0.001, 0.002, 0.02), DepthMatching(0.05, 0.01, 0.002, 0.05)
SEEN = outlines().centre


class Scene(NamedTuple):
    depth: Tensor
    surface: SurfacePoints
    poses: Tensor


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Noisy depth with holes of one of three poses, and one pose that leaves the picture."""
    expected = truth(3)
    generator = torch.Generator().manual_seed(0)
    depth = depth_of(expected[:1]) + 0.001 * torch.randn(HEIGHT, WIDTH, generator=generator)
    depth = depth * (torch.rand(HEIGHT, WIDTH, generator=generator) > 0.2)
    depth[:, :40] = 0
    poses = disturbed(expected[torch.tensor([0, 0, 0])], 0.008, 0.06)
    poses[2, 4:] += torch.tensor([0.2, 0.0, 0.0])
    return Scene(depth, surface_of(poses), poses)


def equations(core, scene: Scene, matching: DepthMatching) -> tuple[NormalEquations, Tensor]:
    out = NormalEquations(torch.empty(3, 6, 6), torch.empty(3, 6), torch.empty(3))
    counts = torch.empty(3, 4, dtype=torch.int32)
    core.depth_equations(scene.depth, K, scene.surface, scene.poses, SEEN, matching, out, counts)
    return out, counts


@pytest.mark.parametrize("matching", [FINE, COARSE, DepthMatching(1e-4, 1e-3, 0.0, 0.01)])
def test_depth_equations(scene: Scene, matching: DepthMatching) -> None:
    (found, counted), (expected, expected_counts) = (equations(core, scene, matching) for core in (cpu, twin))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))
    assert torch.equal(counted, expected_counts)
    assert counted[0, 0] > 10 and (counted.sum(1) <= COUNT).all()


@pytest.mark.parametrize("matching", [FINE, COARSE])
def test_gradient_is_that_of_the_cost(scene: Scene, matching: DepthMatching) -> None:
    start = SE3(scene.poses.double()).normalized()
    measured, sight = twin.look_at_depth(scene.depth, K, *twin.posed_surface(scene.surface, start), matching)
    step = torch.zeros(3, 6, dtype=torch.float64, requires_grad=True)
    moved = SE3(moved_about(SEEN.double(), start.wxyz_xyz, step))
    posed = twin.posed_surface(scene.surface, moved)
    twin.depth_costs(*posed, measured, sight == twin.FOUND, matching).sum().backward()
    found = equations(twin, scene, matching)[0].gradient
    torch.testing.assert_close(found.double(), step.grad, rtol=1e-3, atol=1e-3 * float(step.grad.abs().max()))
    assert found.abs().max() > 1


def test_the_true_pose_costs_nothing() -> None:
    poses = truth(3).wxyz_xyz.contiguous()
    for i in range(3):
        exact = Scene(depth_of(truth(3)[i : i + 1]), surface_of(poses), poses)
        out, counts = equations(cpu, exact, FINE)
        assert counts[i, 0] > 0.95 * counts[i].sum() and out.cost[i] < 0.02 * COUNT
        assert counts[i].sum() > 0.9 * COUNT


def told(depth: Tensor, cam_from_obj: SE3) -> PointCounts:
    poses = cam_from_obj.wxyz_xyz.expand(3, 7).contiguous()
    return PointCounts.of(equations(cpu, Scene(depth, surface_of(poses), poses), FINE)[1][:1].float())


def test_what_is_not_there_is_told() -> None:
    """Nothing but the wall contradicts, no depth is missing, a hand hides."""
    pose = truth(1)
    there = told(depth_of(pose), pose).found
    for name, depth in {"contradicted": 1.0, "missing": 0.0, "hidden": 0.4}.items():
        counts = told(torch.full((HEIGHT, WIDTH), depth), pose)
        assert getattr(counts, name) == sum(counts) > 0.95 * there


def test_half_of_a_hidden_object_is_found() -> None:
    pose, depth = truth(1), depth_of(truth(1))
    middle = int((pose.apply(SEEN) @ K.T)[0, 0] / pose.apply(SEEN)[0, 2])
    depth[:, :middle] = 0.4
    counts = told(depth, pose)
    assert 0.2 < counts.found / COUNT < 0.8 and counts.hidden > 0.2 * COUNT and counts.contradicted == 0


@pytest.mark.parametrize("index", [1, 2, 5, 7, 8, 11])
def test_depth_alone_brings_a_pose_back_that_shows_three_faces(index: int) -> None:
    expected = truth(12)[index : index + 1]
    poses, depth = disturbed(expected, 0.01, 0.087, seed=index), depth_of(expected)
    out = NormalEquations(torch.empty(1, 6, 6), torch.empty(1, 6), torch.empty(1))
    counts = torch.empty(1, 4, dtype=torch.int32)
    for matching in [COARSE] * 6 + [FINE] * 6:
        cpu.depth_equations(depth, K, surface_of(poses), poses, SEEN, matching, out, counts)
        move_poses(poses, SEEN, out, K, RADIUS, (1e-3, 1e-3), poses)
    assert pixel_error(poses, expected) < 0.4  # of 1.5 mm


@pytest.mark.parametrize("radius", [0.004, 0.012])
def test_clear_hidden(scene: Scene, radius: float) -> None:
    shapes = outlines()
    view = torch.tensor([3, 4, 5], dtype=torch.int32)
    front = torch.rand(shapes.points.shape[:2], generator=torch.Generator().manual_seed(1)) * 0.05
    found, expected = shapes.of(view), shapes.of(view)
    matching = DepthMatching(radius, 0.0, 0.002, 0.0)
    cpu.clear_hidden(scene.depth, K, found, front, scene.poses, matching)
    twin.clear_hidden(scene.depth, K, expected, front, scene.poses, matching)
    assert torch.equal(found.usable, expected.usable)
    assert 0.02 < (~found.usable[0]).float().mean() < 0.9
