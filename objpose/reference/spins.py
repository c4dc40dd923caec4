"""Turns under which the side that a view measured slides along itself: what shape alone cannot tell.

Of a surface of revolution the velocities of a turn about its axis lie in the surface; the axis for which
they do so best is the least eigenvector of a quadratic form (Pottmann, Wallner: Computational line geometry,
2001).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from objpose.geometry.rigid_matrices import rigid_matrix
from objpose.reference.laid_onto import GRID, places
from objpose.reference.look import Look
from objpose.reference.relief import measured_relief

SLIDES = 0.25  # of a velocity, root mean square, that may point out of the surface: what counts as round
STEPS_DEG = tuple(range(20, 360, 20))  # turns that are tried
LEAST = 40  # places of the surface that must be known


def spins(look: Look) -> list[np.ndarray]:
    """(4, 4) motions of the view's thing, in units of its depth, about each axis that it may be round of."""
    points, normals = _surface(look)
    if len(points) < LEAST:
        return []
    middle, scale = points.mean(0), float(np.sqrt(points.var(0).sum()))
    axes = _axes((points - middle) / scale, normals)
    return [
        _about(middle + scale * through, along, np.radians(step))
        for through, along in axes
        for step in STEPS_DEG
    ]


def _surface(look: Look) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) points of the measured side and (N, 3) unit normals."""
    relief = measured_relief(look, places(look))
    depth = relief.expected.reshape(GRID, GRID)
    rays = np.concatenate([look.rays(places(look)), np.ones((GRID * GRID, 1))], axis=1)
    smooth = ndimage.median_filter(depth, size=3)
    points = rays.reshape(GRID, GRID, 3) * smooth[..., None]
    down, along = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normals = np.cross(along, down)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-12
    rows, columns = np.round(places(look)).astype(int).T[::-1]
    inside = ndimage.binary_erosion((look.mask[rows, columns] & relief.is_known).reshape(GRID, GRID))
    return points[inside], normals[inside]


def _axes(points: np.ndarray, normals: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """A point and the direction of each axis about which the points (N, 3) slide along their surface."""
    rows = np.concatenate([normals, np.cross(points, normals)], axis=1)  # of shift and turn
    form = rows.T @ rows / len(rows)
    shift = form[:3, :3] + 1e-4 * np.eye(3)
    follows = -np.linalg.solve(shift, form[:3, 3:])  # the shift that lets a turn slide best
    values, turns = np.linalg.eigh(form[3:, 3:] + form[3:, :3] @ follows)
    found = []
    for value, along in zip(values, turns.T, strict=True):
        if value < SLIDES**2:
            through = np.cross(along, follows @ along)  # where the velocity is along the axis
            found.append((through, along))
    return found


def _about(through: np.ndarray, along: np.ndarray, angle: float) -> np.ndarray:
    """(4, 4) the turn about an axis."""
    turn = Rotation.from_rotvec(angle * along).as_matrix()
    return rigid_matrix(turn, through - turn @ through)
