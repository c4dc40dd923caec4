"""Turns that nearly keep a shape, found in samples of known shapes."""

from __future__ import annotations

import functools
import math

import pytest
import torch

from objpose.geometry import SE3, Mesh, Symmetry, detect_near_symmetry, detect_symmetry
from tests.geometry import shapes
from tests.geometry.sampling import draw

X, Z = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])
# Name, mesh, number of discrete transforms, number of axes of revolution.
KNOWN = {
    "mug": (shapes.mug(), 2, 1),
    "teapot": (shapes.teapot(), 2, 1),
    "tapered cup": (shapes.tapered_cup(), 2, 1),
    "cone": (shapes.cone(0.03, 0.08), 2, 1),
    "sphere": (shapes.sphere(0.05), 1, 3),
    "box": (shapes.box(0.05, 0.08, 0.12), 4, 0),
    "flat box": (shapes.box(0.06, 0.16, 0.21), 4, 0),
    "tile": (shapes.box(0.1, 0.1, 0.01), 8, 0),
    "stick": (shapes.box(0.02, 0.02, 0.2), 8, 0),
    "box of sides that differ by a tenth": (shapes.box(0.05, 0.055, 0.1), 8, 0),
    "box of sides that differ by a fifth": (shapes.box(0.05, 0.06, 0.1), 8, 0),
    "cube": (shapes.box(0.05, 0.05, 0.05), 24, 0),
    "bracket": (shapes.bracket(0.08, 0.08), 2, 0),
    "bracket of unequal arms": (shapes.bracket(0.08, 0.05), 2, 0),
    "three unlike bars": (shapes.corner(), 1, 0),
}
WITH_HANDLE = ["mug", "teapot"]


def detect(mesh: Mesh, seed: int = 0) -> Symmetry:
    samples = mesh.sample_surface(2000, seed)
    return detect_near_symmetry(samples.points, samples.normals)


@functools.cache
def known_near_symmetry(name: str) -> Symmetry:
    return detect(KNOWN[name][0])


@pytest.mark.parametrize("name", KNOWN)
def test_known_shapes_have_their_near_symmetry(name: str) -> None:
    _, n_discrete, n_continuous = KNOWN[name]
    near = known_near_symmetry(name)
    assert (len(near.discrete), len(near.continuous)) == (n_discrete, n_continuous)
    torch.testing.assert_close(near.discrete[0].matrix(), torch.eye(4), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", WITH_HANDLE)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_axis_is_the_bodys_whatever_sticks_out_of_it(name: str, seed: int) -> None:
    """And wherever the object stands."""
    mesh, scale, b_from_a = KNOWN[name][0], 7.0, draw(SE3, (), "uniform", seed, torch.float32)
    samples = mesh.sample_surface(2000, seed)
    near = detect_near_symmetry(b_from_a @ (scale * samples.points), b_from_a.rotation @ samples.normals)
    [line] = near.continuous
    axis_in_b, point_in_b = b_from_a.rotation @ Z, b_from_a.translation
    assert (line.axis @ axis_in_b).abs() > math.cos(math.radians(2))
    off_line = torch.linalg.cross(line.offset - point_in_b, axis_in_b).norm()
    assert off_line < 0.02 * scale * mesh.diameter()


def test_a_cup_upside_down_stands_where_it_stood() -> None:
    mesh = KNOWN["tapered cup"][0]
    flipped = known_near_symmetry("tapered cup").discrete[1].apply_points(mesh.vertices)
    torch.testing.assert_close(flipped[:, 2].aminmax(), mesh.vertices[:, 2].aminmax(), rtol=0, atol=0.005)


def test_a_lump_is_no_body_of_revolution() -> None:
    """Turned over it is nearly itself, as shapes without long limbs are, and no more than that."""
    near = detect(shapes.blob())
    assert not near.continuous and len(near.discrete) <= 2


def test_a_hammer_can_be_turned_over() -> None:
    axes = detect(shapes.hammer()).discrete.rotation.log()
    half_turns = axes[axes.norm(dim=-1) > 3] / math.pi
    assert (half_turns @ Z).abs().max() > math.cos(math.radians(2))


@pytest.mark.parametrize("name", ["box", "tile", "cube", "cone", "bracket", "sphere"])
def test_what_is_alike_is_among_what_is_nearly_alike(name: str) -> None:
    mesh = KNOWN[name][0]
    samples = mesh.sample_surface(2000, 0)
    alike = detect_symmetry(samples.points, samples.normals, tolerance=0.06)
    turns, near = (
        symmetry.transforms(mesh.diameter(), 0.1).rotation.matrix()
        for symmetry in (alike, known_near_symmetry(name))
    )
    gaps = (turns[:, None] - near).abs().amax((-1, -2)).amin(-1)
    assert gaps.max() < 0.15  # steps of a turn


def test_the_same_samples_give_the_same_answer() -> None:
    first, second = known_near_symmetry("mug"), detect(KNOWN["mug"][0])
    assert torch.equal(first.discrete.wxyz_xyz, second.discrete.wxyz_xyz)
    assert torch.equal(first.continuous[0].axis, second.continuous[0].axis)
