"""The exact diameter of a point set."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import ConvexHull, QhullError
from torch import Tensor

# Singular values below this share of the largest are flat to float32 rounding.
FLAT = 1e-6
CHUNK = 2048


def largest_distance(points: Tensor) -> float:
    """Largest distance between two of the points (N, 3), exact, through the corners of their convex hull."""
    corners = torch.from_numpy(hull_corners(points.detach().cpu().double().numpy()))
    largest = 0.0
    for start in range(0, len(corners), CHUNK):
        # Subtracting, not the dot-product form, keeps the last digits.
        distances = torch.cdist(
            corners[start : start + CHUNK], corners[start:], compute_mode="donot_use_mm_for_euclid_dist"
        )
        largest = max(largest, float(distances.max()))
    return largest


def hull_corners(points: np.ndarray) -> np.ndarray:
    """Those of the points (N, 3) among which the farthest pair is; flat and straight sets included."""
    points = np.unique(points, axis=0)
    if len(points) <= 4:
        return points
    centred = points - points.mean(axis=0)
    _, singular_values, axes = np.linalg.svd(centred, full_matrices=False)
    dimensions = int((singular_values > FLAT * singular_values[0]).sum())
    inside = centred @ axes[:dimensions].T
    if dimensions == 1:
        return points[[inside[:, 0].argmin(), inside[:, 0].argmax()]]
    try:
        return points[ConvexHull(inside).vertices]
    except QhullError:
        # Nearly flat: qhull may refuse what FLAT let through; every point is then a candidate.
        return points
