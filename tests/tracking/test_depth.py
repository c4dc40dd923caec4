"""An object's surface in depth: it draws poses back, tells what is missing, and what hides the outline."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.raster import Outline, move_poses, nearest_views, render_mesh
from objpose.tracking.depth import DepthPoints
from objpose.tracking.view_points import view_points
from objpose.tracking.views import SparseViews
from tests.geometry.shapes import box, mug, sphere
from tests.synthetic import CAMERA, HEIGHT, WIDTH, looking, twists

K = CAMERA.K.float()
MESHES = {"box": box(0.12, 0.08, 0.05), "mug": mug(), "ball": sphere(0.04)}
WALL = 0.9
VIEWS = 320  # a few degrees apart, as a tracker has them


@functools.cache
def points_of(name: str) -> DepthPoints:
    return DepthPoints(SparseViews(**view_points(MESHES[name], VIEWS)), MESHES[name].diameter())


def depth_of(name: str, cam_from_obj: SE3) -> Tensor:
    depth = render_mesh(MESHES[name], cam_from_obj, K, WIDTH, HEIGHT).depth[0]
    return torch.where(depth > 0, depth, WALL)


def drawn(points: DepthPoints, depth: Tensor, poses: Tensor) -> Tensor:
    radius = points.diameter / 2
    for coarseness in (1.0, 0.6, 0.3, 0.0, 0.0, 0.0):
        points.aim(poses)
        for _ in range(2):
            equations = points.equations(depth, poses, K, coarseness)
            move_poses(poses, points.views.centre, equations, K, radius, (0.03, 0.3), poses)
    return poses


def moved(truth: SE3, seed: int, shift_by: float = 0.01, turn: float = 0.087) -> Tensor:
    """By 1 cm and 5 degrees about the mesh's origin."""
    shift = SE3.from_rotation_translation(torch.eye(3), truth.translation)
    twist = twists(1, shift_by, turn, seed)[0]
    return (shift @ SE3.exp(twist) @ shift.inverse() @ truth).wxyz_xyz[None].contiguous()


@pytest.mark.parametrize("seed", [2, 4, 6, 9, 11, 22])
def test_a_box_that_shows_three_faces_comes_back_to_a_millimetre(seed: int) -> None:
    points, truth = points_of("box"), looking(seed)
    generator = torch.Generator().manual_seed(seed)
    depth = depth_of("box", truth)
    depth = depth + 0.001 * torch.randn(depth.shape, generator=generator)
    depth = depth * (torch.rand(depth.shape, generator=generator) > 0.2)
    found = SE3(drawn(points, depth, moved(truth, seed))[0])
    corners = MESHES["box"].vertices
    assert (found.apply(corners) - truth.apply(corners)).norm(dim=-1).max() < 1e-3


def test_many_poses_are_drawn_as_one_is() -> None:
    points, truth = points_of("box"), looking(1)
    depth = depth_of("box", truth)
    starts = torch.cat([moved(truth, seed) for seed in range(8)])
    together = drawn(points, depth, starts.clone())
    for start, pose in zip(starts, together, strict=True):
        torch.testing.assert_close(drawn(points, depth, start[None].clone())[0], pose, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MESHES)
def test_what_is_there_is_found_and_what_left_is_contradicted(name: str) -> None:
    points, truth = points_of(name), looking(3)
    poses = truth.wxyz_xyz[None].contiguous()
    points.aim(poses)
    there = [int(part) for part in points.evidence(depth_of(name, truth), poses, K)]
    assert there[0] > 0.9 * sum(there) and sum(there) > 150
    gone = points.evidence(torch.full((HEIGHT, WIDTH), WALL), poses, K)
    assert gone.contradicted[0] == sum(there) and gone.found[0] == 0


@pytest.mark.parametrize("name", MESHES)
def test_only_what_is_covered_is_hidden(name: str) -> None:
    """An object hides nothing of its own outline, also a little beside its place; a hand does."""
    points, truth = points_of(name), looking(3)
    depth = depth_of(name, truth)
    views = points.views
    column = float((truth.apply(views.centre) @ K.T)[0] / truth.apply(views.centre)[2])
    hand = depth.clone()
    hand[:, : int(column)] = 0.3
    for poses in (truth.wxyz_xyz[None].contiguous(), moved(truth, 0, 0.003, 0.03)):
        view, usable = torch.zeros(1, dtype=torch.int32), torch.ones(1, 200, dtype=torch.bool)
        nearest_views(views.directions, views.centre, poses, view)
        outline = Outline(views.contour_points, views.contour_normals, views.contour_reach, view, usable)
        points.clear_hidden(depth, outline, poses, K)
        assert outline.usable.float().mean() > 0.97
        points.clear_hidden(hand, outline, poses, K)
        at = SE3(poses[0]).apply(views.contour_points[int(view)]) @ K.T
        left = at[:, 0] / at[:, 2] < column - 4
        right = at[:, 0] / at[:, 2] > column + 8
        assert not outline.usable[0, left].any() and outline.usable[0, right].float().mean() > 0.95
