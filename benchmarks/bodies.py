"""What benchmark objects are made of: an object with what is known of it, blocks, turned bodies, paint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh

from objpose.geometry import Mesh, Symmetry

EDGE = 0.006  # metres, longest edge of flat sides: they are cut up so that triangles stay small
SECTIONS = 64  # of a full turn of a turned body


@dataclass(frozen=True, eq=False)
class BenchmarkObject:
    """An object with what is known of it by construction."""

    name: str
    mesh: Mesh  # metres
    diameter: float
    symmetry: Symmetry  # of shape and colour together
    shape_symmetry: Symmetry  # of the shape alone: what a method blind to colour can at best be asked for
    near_symmetry: Symmetry  # of the bulk of its shape: what a handle, a spout or a closed end alone breaks


def known(
    name: str,
    mesh: Mesh,
    shape_symmetry: Symmetry,
    symmetry: Symmetry | None = None,
    near_symmetry: Symmetry | None = None,
) -> BenchmarkObject:
    """Without a symmetry of its own where none is given; no nearer one than that of the shape."""
    own, near = symmetry or Symmetry.none(), near_symmetry or shape_symmetry
    return BenchmarkObject(name, mesh, mesh.diameter(), own, shape_symmetry, near)


def block(size: np.ndarray) -> trimesh.Trimesh:
    return trimesh.creation.box(size).subdivide_to_size(1.5 * EDGE)


def bottle_body(radius: float, height: float, neck: float) -> trimesh.Trimesh:
    profile = [(0, 0), (0.95, 0), (1, 0.03), (1, 0.55), (neck, 0.8), (neck, 0.97), (0.9 * neck, 1), (0, 1)]
    return turned(np.array(profile) * [radius, height])


def turned(profile: np.ndarray) -> trimesh.Trimesh:
    """A closed profile of (radius, z), from axis to axis, turned about z and cut into small triangles."""
    steps = np.linalg.norm(np.diff(profile, axis=0), axis=1)
    places = np.concatenate([[0], steps.cumsum()])
    fine = np.unique(np.concatenate([places, np.arange(0, places[-1], EDGE)]))
    radius, z = (np.interp(fine, places, column) for column in profile.T)
    return trimesh.creation.revolve(np.stack([radius, z], axis=1), sections=SECTIONS)


def ring_handle(middle: tuple[float, float], radius: float, thickness: float) -> trimesh.Trimesh:
    """A ring in the plane y = 0 about the place (x, z), metres; what lies nearer to the axis is left off."""
    handle = trimesh.creation.torus(radius, thickness, major_sections=48, minor_sections=16)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    handle.apply_translation([middle[0], 0, middle[1]])
    handle.update_faces(handle.triangles_center[:, 0] > 0.93 * middle[0])
    return handle


def uncolored(mesh: trimesh.Trimesh) -> Mesh:
    return Mesh(mesh.vertices, mesh.faces)


def any_paint(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.1, 0.85, 3)
