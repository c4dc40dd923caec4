"""Procedural objects: boxes, cans, bottles, a mug, tools, a blob; printed, painted or without colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import trimesh
from bodies import BenchmarkObject, any_paint, block, bottle_body, known, ring_handle, turned, uncolored
from known_symmetry import free_turn, free_turn_and_flip, half_turns
from prints import box_mapped, painted, printed_atlas

from objpose.geometry import Symmetry


def object_set(seed: int) -> list[BenchmarkObject]:
    """Ten objects; the seed decides proportions and prints."""
    rng = np.random.default_rng(seed)
    return [maker(rng) for maker in MAKERS]


def printed_box(rng: np.random.Generator) -> BenchmarkObject:
    size = np.array([0.16, 0.11, 0.05]) * rng.uniform(0.85, 1.15, 3)
    return known("printed box", box_mapped(block(size), printed_atlas(rng)), half_turns())


def flat_pack(rng: np.random.Generator) -> BenchmarkObject:
    """A thin packet."""
    size = np.array([0.10, 0.07, 0.022]) * rng.uniform(0.85, 1.15, 3)
    return known("flat pack", box_mapped(block(size), printed_atlas(rng)), half_turns())


def printed_can(rng: np.random.Generator) -> BenchmarkObject:
    radius, height = 0.034 * rng.uniform(0.9, 1.3), 0.105 * rng.uniform(0.8, 1.2)
    can = trimesh.creation.cylinder(radius, height, sections=64).subdivide_to_size(0.02)
    return known("printed can", box_mapped(can, printed_atlas(rng)), free_turn_and_flip())


def printed_bottle(rng: np.random.Generator) -> BenchmarkObject:
    bottle = bottle_body(0.036 * rng.uniform(0.9, 1.1), 0.19 * rng.uniform(0.9, 1.1), neck=0.4)
    return known("printed bottle", box_mapped(bottle, printed_atlas(rng)), free_turn())


def plain_bottle(rng: np.random.Generator) -> BenchmarkObject:
    bottle = bottle_body(0.05 * rng.uniform(0.9, 1.1), 0.15 * rng.uniform(0.9, 1.1), neck=0.7)
    paint = any_paint(rng)
    mesh = painted(bottle, lambda points: np.broadcast_to(paint, points.shape))
    return known("plain bottle", mesh, free_turn(), free_turn())


def mug(rng: np.random.Generator) -> BenchmarkObject:
    radius, height = 0.04 * rng.uniform(0.9, 1.1), 0.09 * rng.uniform(0.9, 1.15)
    wall = [(0, 0), (1, 0), (1, 1), (0.9, 1), (0.9, 0.06), (0, 0.06)]
    cup = turned(np.array(wall) * [radius, height])
    handle = ring_handle((radius, 0.45 * height), 0.3 * height, 0.006)
    band, glaze = any_paint(rng), any_paint(rng)
    mesh = painted(
        trimesh.util.concatenate([cup, handle]),
        lambda points: np.where(np.abs(points[:, 2:] / height - 0.7) < 0.1, band, glaze),
    )
    return known("mug", mesh, Symmetry.none(), near_symmetry=free_turn_and_flip(height / 2))


def hammer(rng: np.random.Generator) -> BenchmarkObject:
    """A shaft, a head with a square face, and a peen on the other side."""
    length = 0.17 * rng.uniform(0.9, 1.1)
    shaft = trimesh.creation.capsule(length, 0.011, count=[24, 24])
    head = block(np.array([0.045, 0.026, 0.024]))
    peen = trimesh.creation.cone(0.012, 0.045, sections=32).subdivide()
    peen.apply_transform(trimesh.transformations.rotation_matrix(-np.pi / 2, [0, 1, 0]))
    head.apply_translation([0.004, 0, length / 2])
    peen.apply_translation([-0.018, 0, length / 2])
    wood, steel = any_paint(rng), np.full(3, rng.uniform(0.3, 0.6))
    mesh = painted(
        trimesh.util.concatenate([shaft.subdivide_to_size(0.02), head, peen]),
        lambda points: np.where(points[:, 2:] > length / 2 - 0.013, steel, wood),
    )
    return known("hammer", mesh, Symmetry.none(), near_symmetry=half_turns())


def bracket(rng: np.random.Generator) -> BenchmarkObject:
    """An angle of two unequal arms, without colour."""
    long, short, width = np.array([0.12, 0.07, 0.04]) * rng.uniform(0.9, 1.1, 3)
    foot, wall = block(np.array([long, width, 0.012])), block(np.array([0.012, width, short]))
    wall.apply_translation([-long / 2 + 0.006, 0, short / 2 + 0.006])
    mesh = uncolored(trimesh.util.concatenate([foot, wall]))
    return known("bracket", mesh, Symmetry.none())


def brick(rng: np.random.Generator) -> BenchmarkObject:
    size = np.array([0.12, 0.06, 0.035]) * rng.uniform(0.9, 1.1, 3)
    return known("brick", uncolored(block(size)), half_turns(), half_turns())


def blob(rng: np.random.Generator) -> BenchmarkObject:
    """A bumpy ball, longer than wide, patchy in colour."""
    ball = trimesh.creation.icosphere(subdivisions=4, radius=1.0)
    waves, phase = rng.normal(size=(8, 3)) * 2.2, rng.uniform(0, 2 * np.pi, 8)
    height = 1 + 0.06 * np.sin(ball.vertices @ waves.T + phase).sum(1)
    ball.vertices *= height[:, None] * np.array([0.055, 0.042, 0.036]) * rng.uniform(0.9, 1.1, 3)
    first, second, tones = any_paint(rng), any_paint(rng), rng.normal(size=(4, 3)) * 90
    mesh = painted(
        ball, lambda points: np.where(np.sin(points @ tones.T).sum(1, keepdims=True) > 0, first, second)
    )
    return known("blob", mesh, Symmetry.none(), near_symmetry=half_turns())


MAKERS: tuple[Callable[[np.random.Generator], BenchmarkObject], ...] = (
    printed_box, flat_pack, printed_can, printed_bottle, plain_bottle, mug, hammer, bracket, brick, blob,
)  # fmt: skip
