"""Objects of any number to train on: bumpy, patchy, without symmetry."""

from __future__ import annotations

import math

import numpy as np
import trimesh

from objpose.geometry import Mesh

WAVES = 8
PATCHES = 10


def procedural_object(seed: int, subdivisions: int = 4) -> Mesh:
    """A closed mesh with vertex colours, within 1 m of its origin, different for each seed.

    An icosphere under low waves and unequal axes, painted in patches of plain colours: the nearest of a few
    random directions decides.
    """
    rng = np.random.default_rng(seed)
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=1.0)
    waves, phases = rng.normal(size=(WAVES, 3)) * 2.0, rng.uniform(0, 2 * math.pi, WAVES)
    height = 1.0 + 0.06 * np.sin(ball.vertices @ waves.T + phases).sum(1)
    centres = rng.normal(size=(PATCHES, 3))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    patch = (ball.vertices @ centres.T).argmax(1)
    vertices = ball.vertices * height[:, None] * rng.uniform(0.5, 1.0, 3)
    vertices /= np.linalg.norm(vertices, axis=1).max()
    return Mesh(
        vertices.astype(np.float32), ball.faces, rng.uniform(0, 1, (PATCHES, 3))[patch].astype(np.float32)
    )
