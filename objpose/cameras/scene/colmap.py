"""From arrays to pycolmap's types and back; the only place where its half-pixel offset is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pycolmap

COLMAP_CENTRE = 0.5  # COLMAP's pixel centres are at one half
MAX_TRIALS = 4000


def colmap_camera(K: np.ndarray, width: int, height: int) -> pycolmap.Camera:
    """A pinhole camera."""
    import pycolmap

    params = [K[0, 0], K[1, 1], K[0, 2] + COLMAP_CENTRE, K[1, 2] + COLMAP_CENTRE]
    return pycolmap.Camera(model="PINHOLE", width=width, height=height, params=params)


def rigid3d(b_from_a: np.ndarray) -> pycolmap.Rigid3d:
    """From (4, 4)."""
    import pycolmap

    return pycolmap.Rigid3d(b_from_a[:3])


def matrix_of(rigid: pycolmap.Rigid3d) -> np.ndarray:
    """(4, 4) float64."""
    matrix = np.eye(4)
    matrix[:3] = rigid.matrix()
    return matrix


def ransac_options(max_error: float, seed: int, max_trials: int = MAX_TRIALS) -> pycolmap.RANSACOptions:
    """Options of one search that a seed repeats; max_error in the unit of the data."""
    import pycolmap

    options = pycolmap.RANSACOptions()
    options.max_error, options.random_seed = max_error, seed
    options.min_num_trials, options.max_num_trials = min(200, max_trials), max_trials
    options.confidence, options.min_inlier_ratio = 0.9999, 0.02
    return options
