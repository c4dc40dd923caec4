"""Procedural objects: boxes, cans, bottles, a mug, tools, a blob; printed, painted or without colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import trimesh
from prints import box_mapped, painted, printed_atlas

from objpose.geometry import SE3, SO3, ContinuousSymmetry, Mesh, Symmetry

EDGE = 0.006  # metres, longest edge of flat sides: they are cut up so that triangles stay small


@dataclass(frozen=True, eq=False)
class BenchmarkObject:
    """An object with what is known of it by construction."""

    name: str
    mesh: Mesh  # metres
    diameter: float
    symmetry: Symmetry  # of shape and colour together
    shape_symmetry: Symmetry  # of the shape alone: what a method blind to colour can at best be asked for


def object_set(seed: int) -> list[BenchmarkObject]:
    """Ten objects; the seed decides proportions and prints."""
    rng = np.random.default_rng(seed)
    return [maker(rng) for maker in MAKERS]


def printed_box(rng: np.random.Generator) -> BenchmarkObject:
    size = np.array([0.16, 0.11, 0.05]) * rng.uniform(0.85, 1.15, 3)
    return _object("printed box", box_mapped(_block(size), printed_atlas(rng)), _half_turns())


def flat_pack(rng: np.random.Generator) -> BenchmarkObject:
    """A thin packet."""
    size = np.array([0.10, 0.07, 0.022]) * rng.uniform(0.85, 1.15, 3)
    return _object("flat pack", box_mapped(_block(size), printed_atlas(rng)), _half_turns())


def printed_can(rng: np.random.Generator) -> BenchmarkObject:
    radius, height = 0.034 * rng.uniform(0.9, 1.3), 0.105 * rng.uniform(0.8, 1.2)
    can = trimesh.creation.cylinder(radius, height, sections=64).subdivide_to_size(0.02)
    flips = Symmetry(SE3.cat([SE3.identity((1,)), _turn([torch.pi, 0, 0])]), (_z_axis(),))
    return _object("printed can", box_mapped(can, printed_atlas(rng)), flips)


def printed_bottle(rng: np.random.Generator) -> BenchmarkObject:
    bottle = _bottle(0.036 * rng.uniform(0.9, 1.1), 0.19 * rng.uniform(0.9, 1.1), neck=0.4)
    return _object("printed bottle", box_mapped(bottle, printed_atlas(rng)), _free_turn())


def plain_bottle(rng: np.random.Generator) -> BenchmarkObject:
    bottle = _bottle(0.05 * rng.uniform(0.9, 1.1), 0.15 * rng.uniform(0.9, 1.1), neck=0.7)
    paint = _paint(rng)
    mesh = painted(bottle, lambda points: np.broadcast_to(paint, points.shape))
    return _object("plain bottle", mesh, _free_turn(), _free_turn())


def mug(rng: np.random.Generator) -> BenchmarkObject:
    radius, height = 0.04 * rng.uniform(0.9, 1.1), 0.09 * rng.uniform(0.9, 1.15)
    wall = [(0, 0), (1, 0), (1, 1), (0.9, 1), (0.9, 0.06), (0, 0.06)]
    cup = _turned(np.array(wall) * [radius, height])
    handle = trimesh.creation.torus(0.3 * height, 0.006, major_sections=48, minor_sections=16)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    handle.apply_translation([radius, 0, 0.45 * height])
    # What would stick out inside is left off.
    handle.update_faces(handle.triangles_center[:, 0] > 0.93 * radius)
    band, glaze = _paint(rng), _paint(rng)
    mesh = painted(
        trimesh.util.concatenate([cup, handle]),
        lambda points: np.where(np.abs(points[:, 2:] / height - 0.7) < 0.1, band, glaze),
    )
    return _object("mug", mesh, Symmetry.none())


def hammer(rng: np.random.Generator) -> BenchmarkObject:
    """A shaft, a head with a square face, and a peen on the other side."""
    length = 0.17 * rng.uniform(0.9, 1.1)
    shaft = trimesh.creation.capsule(length, 0.011, count=[24, 24])
    head = _block(np.array([0.045, 0.026, 0.024]))
    peen = trimesh.creation.cone(0.012, 0.045, sections=32).subdivide()
    peen.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, [0, 1, 0]))
    head.apply_translation([0.004, 0, length / 2])
    peen.apply_translation([-0.018, 0, length / 2])
    wood, steel = _paint(rng), np.full(3, rng.uniform(0.3, 0.6))
    mesh = painted(
        trimesh.util.concatenate([shaft.subdivide_to_size(0.02), head, peen]),
        lambda points: np.where(points[:, 2:] > length / 2 - 0.013, steel, wood),
    )
    return _object("hammer", mesh, Symmetry.none())


def bracket(rng: np.random.Generator) -> BenchmarkObject:
    """An angle of two unequal arms, without colour."""
    long, short, width = np.array([0.12, 0.07, 0.04]) * rng.uniform(0.9, 1.1, 3)
    foot, wall = _block(np.array([long, width, 0.012])), _block(np.array([0.012, width, short]))
    wall.apply_translation([-long / 2 + 0.006, 0, short / 2 + 0.006])
    mesh = _uncolored(trimesh.util.concatenate([foot, wall]))
    return _object("bracket", mesh, Symmetry.none())


def brick(rng: np.random.Generator) -> BenchmarkObject:
    size = np.array([0.12, 0.06, 0.035]) * rng.uniform(0.9, 1.1, 3)
    return _object("brick", _uncolored(_block(size)), _half_turns(), _half_turns())


def blob(rng: np.random.Generator) -> BenchmarkObject:
    """A bumpy ball, longer than wide, patchy in colour."""
    ball = trimesh.creation.icosphere(subdivisions=4, radius=1.0)
    waves, phase = rng.normal(size=(8, 3)) * 2.2, rng.uniform(0, 2 * np.pi, 8)
    height = 1 + 0.06 * np.sin(ball.vertices @ waves.T + phase).sum(1)
    ball.vertices *= height[:, None] * np.array([0.055, 0.042, 0.036]) * rng.uniform(0.9, 1.1, 3)
    first, second, tones = _paint(rng), _paint(rng), rng.normal(size=(4, 3)) * 90
    mesh = painted(
        ball, lambda points: np.where(np.sin(points @ tones.T).sum(1, keepdims=True) > 0, first, second)
    )
    return _object("blob", mesh, Symmetry.none())


MAKERS: tuple[Callable[[np.random.Generator], BenchmarkObject], ...] = (
    printed_box, flat_pack, printed_can, printed_bottle, plain_bottle, mug, hammer, bracket, brick, blob,
)  # fmt: skip


def _object(
    name: str, mesh: Mesh, shape_symmetry: Symmetry, symmetry: Symmetry | None = None
) -> BenchmarkObject:
    return BenchmarkObject(name, mesh, mesh.diameter(), symmetry or Symmetry.none(), shape_symmetry)


def _block(size: np.ndarray) -> trimesh.Trimesh:
    return trimesh.creation.box(size).subdivide_to_size(1.5 * EDGE)


def _bottle(radius: float, height: float, neck: float) -> trimesh.Trimesh:
    profile = [(0, 0), (0.95, 0), (1, 0.03), (1, 0.55), (neck, 0.8), (neck, 0.97), (0.9 * neck, 1), (0, 1)]
    return _turned(np.array(profile) * [radius, height])


def _turned(profile: np.ndarray) -> trimesh.Trimesh:
    """A closed profile of (radius, z), from axis to axis, turned about z and cut into small triangles."""
    steps = np.linalg.norm(np.diff(profile, axis=0), axis=1)
    places = np.concatenate([[0], steps.cumsum()])
    fine = np.unique(np.concatenate([places, np.arange(0, places[-1], EDGE)]))
    radius, z = (np.interp(fine, places, column) for column in profile.T)
    return trimesh.creation.revolve(np.stack([radius, z], axis=1), sections=64)


def _uncolored(mesh: trimesh.Trimesh) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces)


def _paint(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.1, 0.85, 3)


def _turn(rotation_vector: list[float]) -> SE3:
    """(1,) a rotation about the origin."""
    return SE3.from_rotation_translation(SO3.exp(torch.tensor([rotation_vector])), torch.zeros(1, 3))


def _half_turns() -> Symmetry:
    """Of a block with three different sides."""
    axes = torch.eye(3).mul(torch.pi).tolist()
    return Symmetry(SE3.cat([SE3.identity((1,)), *(_turn(axis) for axis in axes)]))


def _z_axis() -> ContinuousSymmetry:
    return ContinuousSymmetry(torch.tensor([0.0, 0.0, 1.0]), torch.zeros(3))


def _free_turn() -> Symmetry:
    return Symmetry(SE3.identity((1,)), (_z_axis(),))
