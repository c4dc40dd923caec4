"""Procedural objects that are easily taken for themselves turned: letters, handles, spouts, notches tell.

A set beside that of objects.py, whose results are recorded by seed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import trimesh
from bodies import BenchmarkObject, any_paint, block, known, ring_handle, turned
from known_symmetry import free_turn, free_turn_and_flip, half_turns
from letters import lettered_atlas, lettered_label, patch_label, wrapped
from prints import box_mapped, painted

from objpose.geometry import Mesh, Symmetry


def lookalike_set(seed: int) -> list[BenchmarkObject]:
    """Ten objects; the seed decides proportions and prints."""
    rng = np.random.default_rng(seed)
    return [maker(rng) for maker in MAKERS]


def lettered_box(rng: np.random.Generator) -> BenchmarkObject:
    size = np.array([0.14, 0.09, 0.05]) * rng.uniform(0.85, 1.15, 3)
    return known("lettered box", box_mapped(block(size), lettered_atlas(rng)), half_turns())


def lettered_can(rng: np.random.Generator) -> BenchmarkObject:
    """Equal ends."""
    radius, height = 0.036 * rng.uniform(0.9, 1.2), 0.11 * rng.uniform(0.8, 1.2)
    body = turned(np.array([(0, -0.5), (1, -0.5), (1, 0.5), (0, 0.5)]) * [radius, height])
    return known("lettered can", wrapped(body, lettered_label(rng)), free_turn_and_flip())


def lettered_tin(rng: np.random.Generator) -> BenchmarkObject:
    """Low and wide, equal ends."""
    radius, height = 0.05 * rng.uniform(0.9, 1.1), 0.045 * rng.uniform(0.8, 1.2)
    body = turned(
        np.array([(0, -0.5), (0.97, -0.5), (1, -0.45), (1, 0.45), (0.97, 0.5), (0, 0.5)]) * [radius, height]
    )
    return known("lettered tin", wrapped(body, lettered_label(rng)), free_turn_and_flip())


def patch_bottle(rng: np.random.Generator) -> BenchmarkObject:
    """White, with one printed patch."""
    radius, height = 0.034 * rng.uniform(0.9, 1.1), 0.16 * rng.uniform(0.9, 1.1)
    profile = [(0, 0), (0.95, 0), (1, 0.03), (1, 0.7), (0.45, 0.82), (0.45, 1), (0, 1)]
    body = turned(np.array(profile) * [radius, height])
    return known("patch bottle", wrapped(body, patch_label(rng)), free_turn())


def jug(rng: np.random.Generator) -> BenchmarkObject:
    """Of one colour, closed, with a handle."""
    radius, height = 0.055 * rng.uniform(0.9, 1.1), 0.14 * rng.uniform(0.9, 1.1)
    profile = [
        (0, 0),
        (0.8, 0),
        (1, 0.25),
        (1, 0.5),
        (0.6, 0.85),
        (0.65, 1),
        (0.58, 1),
        (0.5, 0.85),
        (0, 0.8),
    ]
    handle = ring_handle((0.85 * radius, 0.55 * height), 0.25 * height, 0.007)
    mesh = _plain([turned(np.array(profile) * [radius, height]), handle], any_paint(rng))
    return known("jug", mesh, Symmetry.none(), near_symmetry=free_turn())


def cup(rng: np.random.Generator) -> BenchmarkObject:
    """A mug of one colour, hardly narrower below."""
    radius, height = 0.042 * rng.uniform(0.9, 1.1), 0.085 * rng.uniform(0.9, 1.15)
    foot = rng.uniform(0.8, 0.95)
    wall = [(0, 0), (foot, 0), (1, 1), (0.92, 1), (0.92 * foot, 0.07), (0, 0.07)]
    handle = ring_handle((0.95 * radius, 0.5 * height), 0.28 * height, 0.006)
    mesh = _plain([turned(np.array(wall) * [radius, height]), handle], any_paint(rng))
    return known("cup", mesh, Symmetry.none(), near_symmetry=free_turn_and_flip(height / 2))


def beaker(rng: np.random.Generator) -> BenchmarkObject:
    """A tapered cup without a handle: only its open end and its taper say which way is up."""
    radius, height = 0.04 * rng.uniform(0.9, 1.1), 0.1 * rng.uniform(0.9, 1.1)
    foot = rng.uniform(0.75, 0.95)
    wall = [(0, 0), (foot, 0), (1, 1), (0.94, 1), (0.94 * foot, 0.05), (0, 0.05)]
    mesh = _plain([turned(np.array(wall) * [radius, height])], any_paint(rng))
    return known("beaker", mesh, free_turn(), free_turn(), free_turn_and_flip(height / 2))


def bowl(rng: np.random.Generator) -> BenchmarkObject:
    radius, height = 0.075 * rng.uniform(0.9, 1.1), 0.055 * rng.uniform(0.9, 1.1)
    wall = [(0, 0), (0.4, 0), (0.75, 0.3), (1, 1), (0.96, 1), (0.7, 0.36), (0.4, 0.08), (0, 0.08)]
    mesh = _plain([turned(np.array(wall) * [radius, height])], any_paint(rng))
    return known("bowl", mesh, free_turn(), free_turn(), free_turn_and_flip(height / 2))


def teapot(rng: np.random.Generator) -> BenchmarkObject:
    """A round body with a knob; a handle on one side, a spout on the other."""
    radius, height = 0.06 * rng.uniform(0.9, 1.1), 0.1 * rng.uniform(0.9, 1.1)
    profile = [
        (0, 0),
        (0.6, 0),
        (0.95, 0.3),
        (1, 0.5),
        (0.85, 0.75),
        (0.4, 0.88),
        (0.1, 0.9),
        (0.14, 1),
        (0, 1),
    ]
    body = turned(np.array(profile) * [radius, height])
    handle = ring_handle((0.92 * radius, 0.48 * height), 0.28 * height, 0.006)
    spout = trimesh.creation.cylinder(0.011, 0.07, sections=24).subdivide_to_size(0.02)
    spout.apply_transform(trimesh.transformations.rotation_matrix(-0.7, [0, 1, 0]))
    spout.apply_translation([-radius - 0.01, 0, 0.6 * height])
    mesh = _plain([body, handle, spout], any_paint(rng))
    return known("teapot", mesh, Symmetry.none(), near_symmetry=free_turn())


def clamp(rng: np.random.Generator) -> BenchmarkObject:
    """A flat frame, open on one side, with a screw near one end and a jaw near the other."""
    length, width = np.array([0.13, 0.07]) * rng.uniform(0.9, 1.1, 2)
    back, arm, jaw = (
        block(np.array([length, 0.018, 0.01])),
        np.array([0.018, width, 0.01]),
        np.array([0.03, 0.012, 0.02]),
    )
    arms = [block(arm) for _ in range(2)]
    for side, part in zip((-1, 1), arms, strict=True):
        part.apply_translation([side * (length / 2 - 0.009), width / 2, 0])
    pad = block(jaw)
    pad.apply_translation([length / 2 - 0.03, width - 0.01, 0.004])
    screw = trimesh.creation.cylinder(0.005, 0.05, sections=24).subdivide_to_size(0.02)
    screw.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0]))
    screw.apply_translation([-length / 2 + 0.01, width - 0.01, 0])
    mesh = _plain([back, *arms, pad, screw], any_paint(rng))
    mesh = Mesh(mesh.vertices - mesh.bounds().mean(0), mesh.faces, vertex_colors=mesh.vertex_colors)
    return known("clamp", mesh, Symmetry.none(), near_symmetry=half_turns())


MAKERS: tuple[Callable[[np.random.Generator], BenchmarkObject], ...] = (
    lettered_box, lettered_can, lettered_tin, patch_bottle, jug, cup, beaker, bowl, teapot, clamp,
)  # fmt: skip


def _plain(parts: list[trimesh.Trimesh], paint: np.ndarray) -> Mesh:
    whole = trimesh.util.concatenate(parts)
    return painted(whole, lambda points: np.broadcast_to(paint, points.shape))
