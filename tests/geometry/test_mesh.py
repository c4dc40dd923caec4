"""Meshes: what is refused, extents, normals, and samples of the surface."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Mesh
from objpose.geometry.extent import largest_distance
from tests.geometry.sampling import draw, random_points
from tests.geometry.shapes import box, prism, sphere

TRIANGLE = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vertices": [[0.0, 0.0]] * 3}, "mesh vertices"),
        ({"vertices": [*TRIANGLE[:2], [0.0, math.nan, 0.0]]}, "NaN or infinity in row 2"),
        ({"vertices": [*TRIANGLE[:2], [0.0, -1e20, 0.0]]}, "a coordinate of 1e\\+20, expected at most 1e"),
        ({"faces": [[0, 1, 3]]}, "indices 0 to 3, expected indices 0 to 2"),
        ({"faces": [[0, 1, -1]]}, "indices -1 to 1"),
        ({"faces": np.zeros((0, 3), dtype=np.int64)}, "point cloud"),
        ({"faces": [[0.0, 1.0, 2.0]]}, "integers"),
        ({"vertex_colors": [[0.5, 0.5, 0.5]]}, "one row for each vertex"),
        ({"uvs": [[0.0, 0.0, 0.0]] * 3}, "mesh uvs"),
        ({"texture": np.zeros((4, 4, 3), dtype=np.uint8)}, "no uvs"),
        ({"texture": np.zeros((4, 4, 3)), "uvs": [[0.0, 0.0]] * 3}, "8-bit"),
    ],
)
def test_what_cannot_be_a_mesh_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Mesh(**({"vertices": TRIANGLE, "faces": [[0, 1, 2]]} | changes))


@pytest.mark.parametrize("seed", range(3))
def test_the_diameter_is_the_largest_vertex_distance(seed):
    points = random_points((400, 3), seed, torch.float32)
    assert largest_distance(points) == pytest.approx(
        torch.cdist(points.double(), points.double()).max().item()
    )


@pytest.mark.parametrize("dimensions", [1, 2])
@pytest.mark.parametrize("noise", [0.0, 1e-9, 1e-6])
def test_flat_and_straight_sets_have_a_diameter(dimensions, noise):
    flat = random_points((300, 3), 0) * (torch.arange(3) < dimensions) + noise * random_points((300, 3), 1)
    points = draw(SE3, (), "uniform", 2, torch.float64) @ flat
    assert largest_distance(points) == pytest.approx(torch.cdist(points, points).max().item())


def test_a_sphere_of_many_corners_has_its_diameter():
    """Every vertex is on the hull and has a partner nearly opposite, so all cells compete."""
    vertices = sphere(0.05, rings=50).vertices
    assert largest_distance(vertices) == pytest.approx(
        torch.cdist(vertices.double(), vertices.double()).max().item()
    )


def test_one_repeated_point_has_no_extent():
    assert largest_distance(torch.ones(10, 3)) == 0.0


def test_vertices_of_no_face_do_not_count():
    mesh = Mesh([*TRIANGLE, [9.0, 9.0, 9.0]], [[0, 1, 2]])
    assert mesh.diameter() == pytest.approx(math.sqrt(2))
    torch.testing.assert_close(mesh.bounds(), torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]))


def test_extents_follow_a_change_of_unit():
    mesh = box(20, 30, 60)
    metres = mesh.scaled(0.001)
    assert metres.diameter() == pytest.approx(0.07)
    torch.testing.assert_close(metres.bounds(), 0.001 * mesh.bounds())


def test_vertex_normals_of_a_sphere_point_outward():
    mesh = sphere(0.002)
    expected = torch.nn.functional.normalize(mesh.vertices, dim=-1)
    assert (mesh.vertex_normals() * expected).sum(-1).min() > 0.999


def test_vertices_split_at_a_seam_share_their_normal():
    mesh = box(1, 2, 3)
    split = Mesh(mesh.vertices[mesh.faces].reshape(-1, 3), torch.arange(36).reshape(-1, 3))
    torch.testing.assert_close(split.vertex_normals(), mesh.vertex_normals()[mesh.faces].reshape(-1, 3))


def test_samples_are_uniform_in_area():
    """Shares of the six sides of a box, within four standard deviations."""
    samples = box(1, 2, 4).sample_surface(20000, seed=0)
    for axis, share in ((0, 8 / 14), (1, 4 / 14), (2, 2 / 14)):
        found = (samples.normals[:, axis].abs() > 0.5).double().mean()
        assert abs(found - share) < 4 * math.sqrt(share * (1 - share) / 20000)
    on_top = samples.points[samples.normals[:, 2] > 0.5]
    assert on_top[:, 1].mean().abs() < 4 * 2 / math.sqrt(12 * len(on_top))


def test_samples_lie_on_their_faces():
    mesh = prism(0.5, 1.0, 7)
    samples = mesh.sample_surface(1000, seed=1)
    corners = mesh.vertices[mesh.faces[samples.face_ids]]
    height = ((samples.points - corners[:, 0]) * samples.normals).sum(-1)
    torch.testing.assert_close(height, torch.zeros(1000), rtol=0, atol=1e-6)
    assert (samples.points * samples.normals).sum(-1).min() > 0.4


def test_samples_depend_on_the_seed_alone():
    mesh = box(1, 1, 1)
    torch.testing.assert_close(
        mesh.sample_surface(50, 3).points, mesh.sample_surface(50, 3).points, rtol=0, atol=0
    )
    assert not torch.equal(mesh.sample_surface(50, 3).points, mesh.sample_surface(50, 4).points)


def test_a_mesh_without_area_cannot_be_sampled():
    with pytest.raises(InputError, match="no face with area"):
        Mesh(TRIANGLE, [[0, 1, 1]]).sample_surface(10, 0)


def test_vertex_colours_are_interpolated():
    mesh = Mesh(TRIANGLE, [[0, 1, 2]], vertex_colors=[[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    samples = mesh.sample_surface(100, 0)
    assert mesh.color_source == "vertex"
    torch.testing.assert_close(samples.colors[:, :2], samples.points[:, :2])


def test_textures_are_read_with_v_up():
    """With a ramp along each side of the image, colours follow from the place alone."""
    ramp = np.arange(64, dtype=np.uint8)
    texture = np.zeros((64, 64, 3), dtype=np.uint8)
    texture[..., 0] = ramp[None, :]
    texture[..., 1] = ramp[:, None]
    mesh = Mesh(TRIANGLE, [[0, 1, 2]], uvs=[[0.1, 0.1], [0.9, 0.1], [0.1, 0.9]], texture=texture)
    samples = mesh.sample_surface(200, 0)
    u, v = (0.1 + 0.8 * samples.points[:, :2]).unbind(-1)
    assert mesh.color_source == "texture"
    torch.testing.assert_close(255 * samples.colors[:, 0], 64 * u - 0.5, rtol=0, atol=1e-3)
    torch.testing.assert_close(255 * samples.colors[:, 1], 64 * (1 - v) - 0.5, rtol=0, atol=1e-3)


def test_a_plain_mesh_has_no_colours():
    mesh = Mesh(TRIANGLE, [[0, 1, 2]])
    assert mesh.color_source == "none"
    assert mesh.sample_surface(5, 0).colors is None


def test_diameters_are_those_of_the_data_set(shared_data):
    """BOP's models_info gives the largest vertex distance of each mesh."""
    import json

    import trimesh

    folder = shared_data / "lmo_frame" / "models"
    truth = json.loads((folder / "models_info.json").read_text())
    for file in sorted(folder.glob("*.ply")):
        loaded = trimesh.load(file, process=False)
        mesh = Mesh(np.array(loaded.vertices, dtype=np.float32), np.array(loaded.faces))
        assert mesh.diameter() == pytest.approx(truth[str(int(file.stem[4:]))]["diameter"], rel=1e-4)
