"""Symmetries found in samples of known shapes and of real scans."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Mesh, Symmetry, detect_symmetry
from tests.geometry import shapes
from tests.geometry.sampling import draw, random_points

Z = torch.tensor([0.0, 0.0, 1.0])
# Name, mesh, number of discrete transforms, number of axes of revolution.
KNOWN = {
    "box": (shapes.box(0.05, 0.08, 0.12), 4, 0),
    "square prism": (shapes.box(0.05, 0.05, 0.12), 8, 0),
    "cube": (shapes.box(0.05, 0.05, 0.05), 24, 0),
    "triangular prism": (shapes.prism(0.04, 0.05, 3), 6, 0),
    "hexagonal prism": (shapes.prism(0.04, 0.1, 6), 12, 0),
    "pyramid": (shapes.lathe([(0, 0), (0.05, 0), (0, 0.06)], 5), 5, 0),
    "cylinder": (shapes.prism(0.03, 0.1, 96), 2, 1),
    "disc": (shapes.prism(0.05, 0.01, 96), 2, 1),
    "cone": (shapes.cone(0.03, 0.08), 1, 1),
    "cup": (shapes.cup(0.04, 0.1), 1, 1),
    "sphere": (shapes.sphere(0.05), 1, 3),
    "mug": (shapes.mug(), 1, 0),
    "blob": (shapes.blob(), 1, 0),
}


def detect(mesh: Mesh, seed: int = 0, **options) -> Symmetry:
    samples = mesh.sample_surface(1000, seed)
    return detect_symmetry(samples.points, samples.normals, samples.colors, **options)


@functools.cache
def known_symmetry(name: str) -> Symmetry:
    return detect(KNOWN[name][0])


def count(symmetry: Symmetry) -> tuple[int, int]:
    return len(symmetry.discrete), len(symmetry.continuous)


@pytest.mark.parametrize("name", KNOWN)
def test_known_shapes_have_their_group(name):
    _, n_discrete, n_continuous = KNOWN[name]
    assert count(known_symmetry(name)) == (n_discrete, n_continuous)


@pytest.mark.parametrize("name", ["box", "square prism", "cube", "triangular prism", "pyramid"])
def test_discrete_symmetries_map_the_mesh_onto_itself(name):
    mesh, *_ = KNOWN[name]
    symmetry = known_symmetry(name)
    corners = mesh.vertices.unique(dim=0)
    gaps = torch.cdist(symmetry.discrete.apply_points(corners), corners).amin(-1)
    assert gaps.max() < 0.01 * mesh.diameter()


@pytest.mark.parametrize("name", ["box", "cube", "hexagonal prism", "pyramid"])
def test_discrete_symmetries_are_a_group(name):
    """The product of any two is one of them, exactly, and the identity comes first."""
    discrete = known_symmetry(name).discrete
    torch.testing.assert_close(discrete[0].matrix(), torch.eye(4), rtol=0, atol=1e-6)
    products = (discrete[:, None] @ discrete).matrix().reshape(-1, 16)
    gaps = (products[:, None] - discrete.matrix().reshape(-1, 16)).abs().amax(-1).amin(-1)
    assert gaps.max() < 1e-5


@pytest.mark.parametrize("name", ["square prism", "cylinder", "cone", "cup"])
def test_the_group_moves_with_the_object(name):
    """Turned, shifted and scaled samples have the conjugate group."""
    mesh, n_discrete, n_continuous = KNOWN[name]
    scale, b_from_a = 40.0, draw(SE3, (), "uniform", 1, torch.float32)
    samples = mesh.sample_surface(1000, 1)
    symmetry = detect_symmetry(b_from_a @ (scale * samples.points), b_from_a.rotation @ samples.normals)
    assert count(symmetry) == (n_discrete, n_continuous)
    axis_in_b, point_in_b = b_from_a.rotation @ Z, b_from_a.translation
    for line in symmetry.continuous:
        assert (line.axis @ axis_in_b).abs() > math.cos(math.radians(1))
        off_line = torch.linalg.cross(line.offset - point_in_b, axis_in_b).norm()
        assert off_line < 0.01 * scale * mesh.diameter()
    if not n_continuous:
        axes = symmetry.discrete.rotation.log()
        turned_back = (b_from_a.rotation.inverse() @ axes).abs() / axes.norm(dim=-1, keepdim=True).clamp(
            min=0.1
        )
        along_z, across = turned_back[:, 2], turned_back[:, :2].norm(dim=-1)
        assert torch.minimum(along_z, across).max() < math.sin(math.radians(1.5))


@pytest.mark.parametrize("name", ["box", "cube", "cylinder", "mug"])
def test_noise_of_half_a_percent_is_tolerated(name):
    mesh, n_discrete, n_continuous = KNOWN[name]
    samples = mesh.sample_surface(1000, 1)
    noise = 0.005 * mesh.diameter() * random_points((1000, 3), 2, torch.float32)
    normals = samples.normals + 0.1 * random_points((1000, 3), 3, torch.float32)
    assert count(detect_symmetry(samples.points + noise, normals)) == (n_discrete, n_continuous)


def painted(mesh: Mesh, colors: torch.Tensor) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces, vertex_colors=colors)


def test_a_label_breaks_the_symmetry_of_a_can():
    can = shapes.lathe([(0, -0.05), *((0.03, z) for z in np.linspace(-0.05, 0.05, 20)), (0, 0.05)], 96)
    x, _, z = can.vertices.unbind(-1)
    front = ((x > 0.01) & (z > -0.01)).float()
    labelled = painted(
        can, torch.stack([0.8 - 0.6 * front, 0.2 + 0.5 * front, torch.full_like(front, 0.3)], dim=-1)
    )
    assert detect(labelled).is_trivial


def test_paint_that_keeps_a_symmetry_leaves_it():
    """Red ends and a blue middle: a surface of revolution with a flip. Other ends: no flip."""
    can = shapes.lathe([(0, -0.05), *((0.03, z) for z in np.linspace(-0.05, 0.05, 20)), (0, 0.05)], 96)
    height = can.vertices[:, 2]
    middle = (height.abs() < 0.02).float()
    mirrored = torch.stack([1 - middle, torch.zeros_like(middle), middle], dim=-1)
    one_ended = torch.stack([(height > 0).float(), torch.zeros_like(height), (height <= 0).float()], dim=-1)
    assert count(detect(painted(can, mirrored))) == (2, 1)
    assert count(detect(painted(can, one_ended))) == (1, 1)


def test_baked_light_does_not_break_a_symmetry():
    """A box a fifth darker on one side is still the same box in other light."""
    box = KNOWN["box"][0]
    samples = box.sample_surface(1000, 0)
    shade = 1 - 0.1 * (1 + samples.normals @ torch.tensor([0.0, 0.6, 0.8]))
    colors = shade[:, None] * torch.tensor([0.7, 0.5, 0.3])
    assert count(detect_symmetry(samples.points, samples.normals, colors)) == (4, 0)


def test_the_tolerance_decides_what_is_nearly_square():
    """A base of 50 by 56 is off by 3 mm at each side after a quarter turn: 2.3 % of the diameter."""
    nearly_square = shapes.box(0.050, 0.056, 0.105)
    assert count(detect(nearly_square, tolerance=0.01)) == (4, 0)
    assert count(detect(nearly_square, tolerance=0.05)) == (8, 0)


def test_the_same_samples_give_the_same_answer():
    first, second = known_symmetry("hexagonal prism").discrete, detect(KNOWN["hexagonal prism"][0]).discrete
    torch.testing.assert_close(first.wxyz_xyz, second.wxyz_xyz, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("points", "normals", "message"),
    [
        (torch.rand(50, 3), torch.rand(50, 3), "more densely"),
        (torch.rand(300, 2), torch.rand(300, 2), "N, 3"),
        (torch.rand(300, 3), torch.rand(299, 3), "one row for each point"),
        (torch.full((300, 3), math.nan), torch.rand(300, 3), "NaN"),
        (torch.ones(300, 3), torch.rand(300, 3), "one place"),
    ],
)
def test_samples_that_are_no_surface_are_refused(points, normals, message):
    with pytest.raises(InputError, match=message):
        detect_symmetry(points, normals)


@pytest.fixture(scope="module")
def scan(shared_data):
    """Reads a textured scan of a real product, in metres."""
    import trimesh

    def read(obj_id: int) -> Mesh:
        loaded = trimesh.load(shared_data / "desk" / "models" / f"obj_{obj_id:06d}.ply", process=False)
        texture = np.array(loaded.visual.material.image.convert("RGB"))
        vertices = np.array(loaded.vertices, dtype=np.float32) / 1000
        return Mesh(vertices, np.array(loaded.faces), uvs=np.array(loaded.visual.uv), texture=texture)

    return read


def test_the_bowl_is_a_surface_of_revolution(scan):
    """BOP gives its axis as z through (-14.84, -43.69) mm."""
    [line] = detect(scan(6)).continuous
    assert line.axis[2] > math.cos(math.radians(1))
    torch.testing.assert_close(line.offset[:2], torch.tensor([-0.01484, -0.04369]), rtol=0, atol=1e-3)


@pytest.mark.parametrize("obj_id", [1, 2, 3, 4, 5, 7])
def test_printed_or_lopsided_products_have_no_symmetry(scan, obj_id):
    """Cracker box, soup can, mustard bottle, mug, drill, banana."""
    assert detect(scan(obj_id)).is_trivial


def test_without_its_print_the_soup_can_is_nearly_a_cylinder(scan):
    samples = scan(2).sample_surface(1000, 0)
    symmetry = detect_symmetry(samples.points, samples.normals, tolerance=0.05)
    assert count(symmetry) == (2, 1)
    assert symmetry.continuous[0].axis[2] > math.cos(math.radians(1))


def test_random_turns_of_a_revolution_fit(scan):
    """The scan turned about the axis that was found lies within the tolerance of itself."""
    mesh = scan(6)
    [line] = detect(mesh).continuous
    points = mesh.sample_surface(1000, 1).points
    dense = mesh.sample_surface(10000, 2).points
    for turn in line.rotations([0.7, 2.0, 4.4]):
        gaps = torch.cdist(turn.apply_points(points), dense).amin(-1)
        assert gaps.quantile(0.97) < 0.025 * mesh.diameter()


@pytest.mark.parametrize(("is_marked", "n_discrete", "n_continuous"), [(False, 2, 1), (True, 1, 0)])
def test_a_small_mark_counts_by_its_contrast(is_marked, n_discrete, n_continuous):
    """A can with a dark mark of 1 % of its surface, off its middle: no turn leaves it the same."""
    samples = shapes.prism(0.03, 0.1, 96).sample_surface(4000, 0)
    colors = torch.full_like(samples.points, 0.8)
    if is_marked:
        x, y, z = samples.points.unbind(-1)
        is_dark = (torch.atan2(y, x).abs() < 0.3) & ((z - 0.02).abs() < 0.008) & (x.hypot(y) > 0.029)
        assert 0.005 < is_dark.double().mean() < 0.02
        colors[is_dark] = 0.1
    found = detect_symmetry(samples.points, samples.normals, colors)
    assert count(found) == (n_discrete, n_continuous)
