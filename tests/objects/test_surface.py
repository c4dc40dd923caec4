"""The outer surface of an object, and the index that finds its closest point."""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree

from objpose.geometry import Mesh
from objpose.objects import ViewSphere
from objpose.objects.surface import CELLS, MARGIN, Surface
from objpose.objects.view_sphere import render_view_sphere
from objpose.onboarding import OnboardOptions
from objpose.onboarding.mesh import surface_and_views
from tests.geometry.shapes import bowl, box, joined, moved, sphere
from tests.synthetic import onboarded

QUICK = OnboardOptions(surface_points=1_500, views=42)


def prepared(mesh: Mesh) -> Surface:
    """As onboarding makes it of a mesh."""
    return surface_and_views(mesh, mesh, QUICK)[0]


def test_the_closest_point_is_right_to_the_size_of_a_cell() -> None:
    model = onboarded("painted_blob")
    points = model.surface.cloud.points
    margin = MARGIN * model.diameter
    low, high = points.amin(0) - margin, points.amax(0) + margin
    cell = float((high - low).max()) / CELLS
    query = low + (high - low) * torch.rand(20_000, 3, generator=torch.Generator().manual_seed(0))
    nearest, index = cKDTree(points.numpy()).query(query.numpy())
    closest, _ = model.surface.index.look_up(query.T, model.surface.cloud.normals[index].T)
    found = (query - points[closest]).norm(dim=-1)
    # Half a cell's diagonal to the cell's centre, and the same back.
    assert float((found - torch.from_numpy(nearest)).max()) <= cell * 3**0.5 + 1e-6
    assert float((found - torch.from_numpy(nearest)).min()) > -1e-6


def test_far_points_are_looked_up_too() -> None:
    model = onboarded("painted_blob")
    directions = torch.nn.functional.normalize(
        torch.randn(2, 50, 3, generator=torch.Generator().manual_seed(0)), dim=-1
    )
    directions = directions.movedim(-1, 0)
    closest, found = model.surface.index.look_up(10 * directions, directions)
    assert closest.shape == (2, 50) and found.shape == (6, 2, 50)
    assert bool(((found[:3] * directions).sum(0) > 0).float().mean() > 0.9)


def test_of_a_thin_wall_the_side_is_found_that_faces_as_asked() -> None:
    surface = prepared(bowl(0.05, 0.001))
    radius = surface.cloud.points.norm(dim=-1, keepdim=True)
    deep = (surface.cloud.points[:, 2] < -0.01).nonzero()[:, 0]  # the rim looks up, and has neither side
    away = surface.cloud.points[deep] / radius[deep]
    for side, normals in ((0.05, away), (0.049, -away)):
        closest, both = surface.index.look_up(0.0495 * away.T, normals.T)
        found = surface.cloud[closest]
        torch.testing.assert_close(both.T, torch.cat([found.points, found.normals], dim=-1))
        assert float((found.points.norm(dim=-1) - side).abs().max()) < 0.0003
        assert float((found.normals * normals).sum(-1).min()) > 0.8


def test_a_ball_shows_the_half_that_faces_the_view() -> None:
    """The mean of a hemisphere seen from afar lies at two thirds of the radius."""
    centre = torch.tensor([0.02, -0.01, 0.03])
    ball = moved(sphere(0.05, rings=24), tuple(centre.tolist()))
    away = torch.nn.functional.normalize(ball.vertices - centre, dim=-1)
    views, visible = render_view_sphere(ball, 42, ball.vertices, away)
    expected = centre + views.directions * (0.05 * 2 / 3)
    assert float((views.centroids - expected).norm(dim=-1).max()) < 0.05 * 0.05
    height = (ball.vertices - centre) @ views.directions.T / 0.05
    assert bool(visible.T[height > 0.5].all()) and not bool(visible.T[height < -0.1].any())


def test_the_nearest_view_is_the_one_most_aligned() -> None:
    views = onboarded("painted_blob").views
    directions = torch.nn.functional.normalize(
        torch.randn(100, 3, generator=torch.Generator().manual_seed(1)), dim=-1
    )
    assert views.nearest(views.directions).tolist() == list(range(len(views.directions)))
    angle = (views.directions[views.nearest(directions)] * directions).sum(-1).acos()
    assert float(angle.max()) < 0.25
    assert isinstance(views, ViewSphere)


def test_what_no_view_sees_is_dropped() -> None:
    cloud = prepared(joined(box(0.1, 0.08, 0.06), sphere(0.02, rings=16))).cloud
    distance = (cloud.points.abs() - torch.tensor([0.05, 0.04, 0.03])).abs().amin(-1)
    assert float(distance.max()) < 1e-5  # all on the box, none on the ball inside it
    assert len(cloud) > 500


def test_normals_look_outward_whatever_the_winding() -> None:
    ball = sphere(0.05, rings=16)
    flipped = torch.rand(len(ball.faces), 1, generator=torch.Generator().manual_seed(0)) < 0.5
    mixed = Mesh(ball.vertices, torch.where(flipped, ball.faces.flip(-1), ball.faces))
    for mesh in (Mesh(ball.vertices, ball.faces.flip(-1)), mixed):
        cloud = prepared(mesh).cloud
        assert float((cloud.normals * cloud.points).sum(-1).min()) > 0


def test_normals_of_a_thin_wall_look_to_its_own_side() -> None:
    """Its inside shows from above alone, though a pixel is wider than the wall is thick."""
    mesh = bowl(0.05, 0.001)
    for wound in (mesh, Mesh(mesh.vertices, mesh.faces.flip(-1))):
        cloud = prepared(wound).cloud
        radius = cloud.points.norm(dim=-1)
        outward = (cloud.normals * cloud.points).sum(-1) / radius
        side = torch.where(radius > 0.0495, 1.0, -1.0)[outward.abs() > 0.5]
        right = outward[outward.abs() > 0.5] * side > 0
        assert float(right.float().mean()) > 0.99
        assert 0.3 < float((side > 0).float().mean()) < 0.7
