"""The exact diameter of a point set."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import cdist
from torch import Tensor

# Singular values below this share of the largest are flat to float32 rounding.
FLAT = 1e-6
# Points of one cell; two cells are compared point by point only where their spheres allow a longer distance.
CELL_SIZE = 128
SWEEPS = 4


def largest_distance(points: Tensor) -> float:
    """Largest distance between two of the points (N, 3), exact, through the corners of their convex hull."""
    corners = hull_corners(points.detach().cpu().double().numpy())
    longest = _long_distance(corners)
    cells = _cells(corners)
    centres = np.stack([cell.mean(axis=0) for cell in cells])
    radii = np.array(
        [np.linalg.norm(cell - centre, axis=1).max() for cell, centre in zip(cells, centres, strict=True)]
    )
    bounds = np.triu(cdist(centres, centres) + radii[:, None] + radii)
    for pair in np.argsort(bounds, axis=None)[::-1]:
        i, j = divmod(int(pair), len(cells))
        if bounds[i, j] <= longest:
            break
        longest = max(longest, float(cdist(cells[i], cells[j]).max()))
    return longest


def hull_corners(points: np.ndarray) -> np.ndarray:
    """Those of the points (N, 3) among which the farthest pair is; flat and straight sets included."""
    centred = points - points.mean(axis=0)
    _, singular_values, axes = np.linalg.svd(centred, full_matrices=False)
    dimensions = int((singular_values > FLAT * singular_values[0]).sum())
    inside = centred @ axes[:dimensions].T
    if dimensions == 0:
        return points[:1]
    if dimensions == 1:
        return points[[inside[:, 0].argmin(), inside[:, 0].argmax()]]
    try:
        return points[ConvexHull(inside).vertices]
    except QhullError:
        # Too few points, or so nearly flat that qhull gives up: every point is a candidate.
        return points


def _long_distance(points: np.ndarray) -> float:
    """A nearly largest distance between two points: from a point to its farthest, and again from there."""
    start, longest = points.mean(axis=0), 0.0
    for sweep in range(SWEEPS):
        distances = np.linalg.norm(points - start, axis=1)
        start = points[distances.argmax()]
        longest = max(longest, float(distances.max())) if sweep else longest
    return longest


def _cells(points: np.ndarray) -> list[np.ndarray]:
    """The points in compact groups of at most CELL_SIZE, by halving along the longest side."""
    if len(points) <= CELL_SIZE:
        return [points]
    axis = np.ptp(points, axis=0).argmax()
    order = points[:, axis].argpartition(len(points) // 2)
    lower, upper = np.split(points[order], [len(points) // 2])
    return _cells(lower) + _cells(upper)
