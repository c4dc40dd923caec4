"""Sparse views lie where the object's outline and surface are drawn, and come back from disk alike."""

from __future__ import annotations

import functools
import math
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.geometry import SE3, Mesh, turn_onto, view_directions
from objpose.objects import ObjectModel
from objpose.raster import render_mesh
from objpose.tracking import view_points as making
from objpose.tracking.contours import trace_contours
from objpose.tracking.view_points import view_points
from objpose.tracking.views import SparseViews, sparse_views
from tests.geometry.shapes import box, lathe, sphere
from tests.synthetic import MESHES, onboarded

FEW = 48  # views
WIDTH, HEIGHT, FINER = 640, 480, 2
SHEET = Mesh(
    torch.tensor([[-0.1, -0.05, 0], [0.1, -0.05, 0], [0.1, 0.05, 0], [-0.1, 0.05, 0]]), [[0, 1, 2], [0, 2, 3]]
)


def seen_along_its_axis(mesh: Mesh) -> Mesh:
    """Turned so that the first view looks along its z."""
    return replace(mesh, vertices=turn_onto(view_directions(FEW)[:1]).apply(mesh.vertices))


RING = lathe([(0.04, -0.005), (0.05, -0.005), (0.05, 0.005), (0.04, 0.005), (0.04, -0.005)], 64)
OBJECTS = {
    **{name: MESHES[name]() for name in ("printed_box", "painted_blob", "mug")},
    "pen": box(0.14, 0.008, 0.008),
    "screw": box(0.004, 0.001, 0.001),
    "sheet": SHEET,
    "far": replace(
        box(0.1, 0.06, 0.03), vertices=box(0.1, 0.06, 0.03).vertices + torch.tensor([0.3, -0.2, 0.5])
    ),
}


@functools.cache
def views_of(name: str) -> SparseViews:
    return SparseViews(**view_points(OBJECTS[name], FEW))


def facing(views: SparseViews, index: int, distance: float, seed: int) -> SE3:
    """A camera in a view's direction, at `distance` metres, turned about its axis."""
    toward = -views.directions[index]
    side = torch.linalg.cross(toward, torch.randn(3, generator=torch.Generator().manual_seed(seed)))
    right = side / side.norm()
    rotation = torch.stack([right, torch.linalg.cross(toward, right), toward])
    shift = torch.tensor([0.0, 0.0, distance])
    return SE3.from_rotation_translation(rotation, shift - rotation @ views.centre)


def K_for(finer: int) -> Tensor:
    """With the object 200 pixels wide at 5 diameters."""
    middle = (torch.tensor([WIDTH, HEIGHT]) * finer - 1) / 2
    return torch.tensor([[1000.0 * finer, 0, middle[0]], [0, 1000.0 * finer, middle[1]], [0, 0, 1]])


def projected(points: Tensor) -> Tensor:
    pixels = points @ K_for(1).T
    return pixels[..., :2] / pixels[..., 2:]


@pytest.mark.parametrize("name", OBJECTS)
def test_contour_points_lie_on_the_drawn_outline(name: str) -> None:
    views, mesh = views_of(name), OBJECTS[name]
    off, turned = [], []
    for index in range(1, FEW, 15):
        pose = facing(views, index, 5 * mesh.diameter(), index)
        size = (WIDTH * FINER, HEIGHT * FINER)
        drawn = render_mesh(mesh, pose, K_for(FINER), *size, near=mesh.diameter())
        outline = trace_contours(drawn.mask)
        places = projected(pose.apply(views.contour_points[index]))
        distance, which = cKDTree((outline.place + 0.5) / FINER - 0.5).query(places)
        normals = pose.rotation.apply(views.contour_normals[index])[:, :2]
        off.append(torch.from_numpy(distance))
        turned.append((normals * outline.normal[which]).sum(-1))
    off, turned = torch.cat(off), torch.cat(turned)
    assert off.median() < 0.25 and off.quantile(0.95) < 0.8
    assert turned.median() > 0.99 and (turned > 0.5).float().mean() > 0.93


@pytest.mark.parametrize("name", OBJECTS)
def test_surface_points_are_seen_from_their_view(name: str) -> None:
    views, mesh = views_of(name), OBJECTS[name]
    for index in range(1, FEW, 15):
        pose = facing(views, index, 5 * mesh.diameter(), index)
        depth = render_mesh(mesh, pose, K_for(1), WIDTH, HEIGHT, near=mesh.diameter()).depth[0]
        points = pose.apply(views.surface_points[index])
        column, row = projected(points).round().long().unbind(-1)
        window = torch.stack([depth[row + y, column + x] for y in (-1, 0, 1) for x in (-1, 0, 1)])
        off = (window - points[:, 2]).abs().amin(0) / mesh.diameter()
        assert off.median() < 0.005 and (off < 0.02).float().mean() > 0.95
        facing_camera = -(pose.rotation.apply(views.surface_normals[index]) * points).sum(-1)
        assert (facing_camera > 0).float().mean() > 0.97


@pytest.mark.parametrize("name", OBJECTS)
def test_every_view_has_all_its_points(name: str) -> None:
    views = views_of(name)
    for field in fields(views):
        assert torch.isfinite(getattr(views, field.name)).all()
    assert views.contour_points.shape == (FEW, 200, 3) and views.surface_points.shape == (FEW, 200, 3)
    for normals in (views.contour_normals, views.surface_normals):
        torch.testing.assert_close(normals.norm(dim=-1), torch.ones(FEW, 200))
    assert (views.contour_reach > 0).all() and (views.contour_reach <= OBJECTS[name].diameter() * 1.001).all()


@pytest.mark.parametrize("name", [name for name in OBJECTS if name != "sheet"])
def test_contour_normals_are_perpendicular_to_the_axis(name: str) -> None:
    views = views_of(name)
    along = (views.contour_normals * views.directions[:, None]).sum(-1)
    assert along.abs().max() < 1e-5


def test_points_are_spread_evenly() -> None:
    """No two neighbours along a disk's outline, and no two points of its surface, are much closer."""
    disk = lathe([(0, -1e-3), (0.05, -1e-3), (0.05, 1e-3), (0, 1e-3)], 96)
    views = SparseViews(**view_points(seen_along_its_axis(disk), FEW))
    contour = views.contour_points[0]
    gaps = (contour.roll(-1, 0) - contour).norm(dim=-1)
    assert gaps.max() < 1.5 * gaps.median() and gaps.min() > 0.5 * gaps.median()
    apart = torch.cdist(views.surface_points[0], views.surface_points[0]).fill_diagonal_(1).amin(0)
    cell = (torch.pi * 0.05**2 / 200) ** 0.5  # of a square grid of as many
    assert apart.median() > 0.5 * cell and apart.max() < 1.5 * cell


def test_a_ball_is_a_circle_from_everywhere() -> None:
    """Seen from d away, a ball of radius r has its outline asin(r / d) off the axis."""
    turns = torch.linspace(-torch.pi / 2, torch.pi / 2, 65)
    ball = lathe([(0.05 * float(t.cos()), 0.05 * float(t.sin())) for t in turns], 128)
    views = SparseViews(**view_points(ball, FEW))
    distance = making.DISTANCE * ball.diameter()
    before = ((views.contour_points - views.centre) * views.directions[:, None]).sum(-1)
    angle = torch.atan2(_from_axis(views), distance - before)
    off = (angle / math.asin(0.05 / distance) - 1).abs()
    assert off.mean() < 0.002 and off.max() < 0.006
    assert (before - 0.05**2 / distance).abs().mean() < 0.1 * 0.05


def _from_axis(views: SparseViews) -> Tensor:
    """(V, N) metres of the contour points from their view's axis."""
    return torch.linalg.cross(views.contour_points - views.centre, views.directions[:, None]).norm(dim=-1)


def test_reach_ends_where_the_silhouette_changes() -> None:
    """A ring from above: its width inward; the hole's chord, or no end, outward."""
    views = SparseViews(**view_points(seen_along_its_axis(RING), FEW))
    reach, radius = views.contour_reach[0], _from_axis(views)[0]
    is_outer = radius > 0.045
    pixel = 0.1 / (making.FILL * making.SIZE)
    assert (reach[:, 0] - 0.01).abs().max() < 4 * pixel
    torch.testing.assert_close(reach[is_outer, 1], torch.full((int(is_outer.sum()),), RING.diameter()))
    assert (reach[~is_outer, 1] - 0.08).abs().max() < 4 * pixel
    inner_share = (~is_outer).float().mean()
    assert abs(inner_share - 0.04 / 0.09) < 0.02  # as long as the outlines are


def test_what_comes_before_the_outline_is_known() -> None:
    """Nothing before a disk's rim; of a ball of radius r, at s inside of it, sqrt(2 r s) about."""
    disk = lathe([(0, -1e-3), (0.05, -1e-3), (0.05, 1e-3), (0, 1e-3)], 96)
    flat = SparseViews(**view_points(seen_along_its_axis(disk), FEW))
    round_ = SparseViews(**view_points(sphere(0.05), FEW))
    assert flat.contour_front[0].max() < 2e-3
    expected = (2 * 0.05 * making.BESIDE * 0.1) ** 0.5
    assert (round_.contour_front / expected - 1).abs().median() < 0.35


def test_the_nearest_view_is_the_one_the_camera_stands_at() -> None:
    views = views_of("far")
    poses = SE3.stack([facing(views, index, 0.5, index) for index in range(FEW)])
    assert torch.equal(views.nearest(poses), torch.arange(FEW))


def test_a_sheet_on_edge_lends_itself_the_view_beside() -> None:
    views = views_of("sheet")
    spread = (views.contour_points - views.centre).norm(dim=-1).amax(-1)
    assert (spread > 0.09).all()


def test_views_come_back_from_disk_to_the_last_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("objpose.tracking.views.view_points", lambda mesh: view_points(mesh, FEW))
    model = onboarded("printed_box")
    folder = model.save(tmp_path / "box")
    first = sparse_views(ObjectModel.load(folder))
    monkeypatch.setattr("objpose.tracking.views.view_points", None)  # what is made again fails
    again = sparse_views(replace(ObjectModel.load(folder), name="another"))
    for field in fields(first):
        assert torch.equal(getattr(first, field.name), getattr(again, field.name))
    assert first is not again or model.folder is None


def test_touching_corners_are_walked_around_together() -> None:
    """And a pinhole is left out."""
    mask = torch.zeros(1, 32, 32, dtype=torch.bool)
    mask[0, 4:12, 4:12] = mask[0, 12:20, 12:20] = True
    mask[0, 8, 8] = False
    found = trace_contours(mask)
    steps = (found.place.roll(-1, 0) - found.place).norm(dim=-1)
    assert len(found.view) == 64 and steps.max() < 1.5
