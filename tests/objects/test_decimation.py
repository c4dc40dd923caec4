"""Light meshes keep the shape and the colours of heavy ones."""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree

from objpose.geometry import Mesh
from objpose.objects.decimation import decimated
from tests.geometry.shapes import sphere
from tests.synthetic import painted_blob, printed_box


def one_sided_distance(first: Mesh, second: Mesh) -> float:
    """The farthest any sample of the first surface lies from the second's dense samples."""
    dense = second.sample_surface(60_000, seed=1).points
    distance, _ = cKDTree(dense.numpy()).query(first.sample_surface(5_000, seed=2).points.numpy())
    return float(distance.max())


def test_a_light_mesh_is_left_alone() -> None:
    mesh = painted_blob()
    assert decimated(mesh, len(mesh.faces), seed=0) is mesh


def test_shape_and_colours_survive() -> None:
    heavy = painted_blob()
    light = decimated(heavy, 800, seed=0)
    assert 400 <= len(light.faces) <= 800
    assert one_sided_distance(light, heavy) < 0.02 * heavy.diameter()
    assert one_sided_distance(heavy, light) < 0.02 * heavy.diameter()
    samples = heavy.sample_surface(20_000, seed=3)
    _, nearest = cKDTree(samples.points.numpy()).query(light.vertices.numpy())
    error = (light.vertex_colors - samples.colors[torch.from_numpy(nearest)]).abs()
    assert float(error.mean()) < 0.03


def test_faces_still_look_outward() -> None:
    light = decimated(sphere(0.05), 500, seed=0)
    centres = light.vertices[light.faces].mean(1)
    normals, _ = light.face_normals()
    assert bool(((centres * normals).sum(-1) > 0).all())
    assert light.color_source == "none"


def test_a_texture_becomes_vertex_colours() -> None:
    heavy = printed_box()
    for _ in range(4):
        heavy = split_faces(heavy)
    light = decimated(heavy, 1_000, seed=0)
    assert light.color_source == "vertex"
    assert bool((light.vertex_colors >= 0).all() and (light.vertex_colors <= 1).all())
    assert (
        float((light.vertex_colors.mean(0) - heavy.sample_surface(5_000, 0).colors.mean(0)).abs().max())
        < 0.05
    )


def split_faces(mesh: Mesh) -> Mesh:
    """Every face as four, through the middles of its edges."""
    corners, uvs = mesh.vertices[mesh.faces], mesh.uvs[mesh.faces]
    halves = [torch.cat([c, (c + c.roll(-1, 1)) / 2], dim=1) for c in (corners, uvs)]
    pattern = torch.tensor([[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]])
    faces = (6 * torch.arange(len(mesh.faces))[:, None, None] + pattern).reshape(-1, 3)
    return Mesh(halves[0].reshape(-1, 3), faces, uvs=halves[1].reshape(-1, 2), texture=mesh.texture)
