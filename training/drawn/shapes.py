"""Bodies drawn at random: boxes, turned bodies with handles and spouts, tools, lumps.

None is taken from a set that measures the package.
"""

from __future__ import annotations

import numpy as np
import trimesh

SECTIONS = 40  # of a full turn
HALF_TURNS = ((1.0, 1, 1), (1.0, -1, -1), (-1.0, 1, -1), (-1.0, -1, 1))
Made = tuple[trimesh.Trimesh, bool, bool]  # a body, is it the same all round z, is it a block


def box(rng: np.random.Generator) -> Made:
    return trimesh.creation.box(rng.uniform(0.15, 1, 3)).subdivide_to_size(0.2), False, True


def turned(rng: np.random.Generator) -> Made:
    """A bottle, can, jar, bowl or vase: a closed profile turned about z."""
    return revolved(rng, hollow=rng.random() < 0.4), True, False


def handled(rng: np.random.Generator) -> Made:
    """A mug, jug or pot: a turned body with a handle, perhaps a spout."""
    body = revolved(rng, hollow=rng.random() < 0.7)
    height, middle = body.extents[2], rng.uniform(0.35, 0.7)
    radius = np.linalg.norm(body.vertices[:, :2], axis=1).max()
    ring = trimesh.creation.torus(
        rng.uniform(0.15, 0.35) * height,
        rng.uniform(0.03, 0.08) * height,
        major_sections=24,
        minor_sections=8,
    )
    ring.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    ring.apply_translation([0.98 * radius, 0, body.bounds[0, 2] + middle * height])
    ring.update_faces(ring.triangles_center[:, 0] > 0.9 * radius)
    parts = [body, ring]
    if rng.random() < 0.3:
        spout = trimesh.creation.cylinder(0.09 * height, 0.6 * height, sections=16)
        spout.apply_transform(trimesh.transformations.rotation_matrix(-rng.uniform(0.6, 1.2), [0, 1, 0]))
        spout.apply_translation([-radius, 0, body.bounds[0, 2] + rng.uniform(0.5, 0.8) * height])
        parts.append(spout.subdivide_to_size(0.1 * height))
    return trimesh.util.concatenate(parts), False, False


def assembled(rng: np.random.Generator) -> Made:
    """A tool or a toy: some blocks, rods and balls, each near the last."""
    parts, place = [], np.zeros(3)
    for _ in range(rng.integers(2, 6)):
        kind, size = rng.integers(3), rng.uniform(0.12, 1, 3)
        if kind == 0:
            part = trimesh.creation.box(size).subdivide_to_size(0.25)
        elif kind == 1:
            part = trimesh.creation.cylinder(0.3 * size[0], size[1], sections=24).subdivide_to_size(0.25)
        else:
            part = trimesh.creation.icosphere(3, 0.4 * size[0])
        turn = (
            np.eye(4) if rng.random() < 0.6 else trimesh.transformations.random_rotation_matrix(rng.random(3))
        )
        part.apply_transform(turn)
        part.apply_translation(place)
        place = part.vertices[rng.integers(len(part.vertices))]
        parts.append(part)
    return trimesh.util.concatenate(parts), False, False


def lump(rng: np.random.Generator) -> Made:
    """A bumpy ball, longer than wide."""
    ball = trimesh.creation.icosphere(4)
    waves, phase = rng.normal(size=(8, 3)) * rng.uniform(0.8, 3), rng.uniform(0, 2 * np.pi, 8)
    swell = 1 + rng.uniform(0.02, 0.1) * np.sin(ball.vertices @ waves.T + phase).sum(1, keepdims=True)
    ball.vertices *= swell * rng.uniform(0.4, 1, 3)
    return ball, False, False


def revolved(rng: np.random.Generator, hollow: bool) -> trimesh.Trimesh:
    """Radius 1 at most, height 0.4 to 4; hollow ones are open above, with a floor inside."""
    height, count = np.exp(rng.uniform(np.log(0.4), np.log(4))), int(rng.integers(2, 6))
    radius = rng.uniform(0.35, 1, count)
    if rng.random() < 0.4:
        radius[:] = 1  # straight, as cans and mugs are
    levels = np.linspace(0, height, count)
    fine = np.linspace(0, height, 16)
    wall = np.interp(fine, levels, radius) / radius.max()
    outside = np.stack([wall, fine], axis=-1)
    if hollow:
        inside = np.stack([0.9 * wall, fine], axis=-1)[:0:-1]
        inside[-1, 1] = max(inside[-1, 1], 0.05 * height)
        profile = np.concatenate([[[0, 0]], outside, inside, [[0, inside[-1, 1]]]])
    else:
        profile = np.concatenate([[[0, 0]], outside, [[0, height]]])
    return trimesh.creation.revolve(profile, sections=SECTIONS)
