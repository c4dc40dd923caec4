"""Our arrays as pycolmap's types and back, and its resection; the one place of its half-pixel offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from objpose.cameras.scene.options import TrialOptions
from objpose.cameras.scene.views import View
from objpose.features.local.pycolmap_log import quiet

if TYPE_CHECKING:
    import pycolmap

COLMAP_CENTRE = 0.5  # COLMAP's pixel centres are at one half


def colmap_camera(view: View, shares_focal: bool = False) -> pycolmap.Camera:
    """A pinhole camera; of one focal length where that is to be refined."""
    import pycolmap

    focals = [view.focal] if shares_focal else [view.K[0, 0], view.K[1, 1]]
    model = "SIMPLE_PINHOLE" if shares_focal else "PINHOLE"
    params = [*focals, view.K[0, 2] + COLMAP_CENTRE, view.K[1, 2] + COLMAP_CENTRE]
    return pycolmap.Camera(model=model, width=view.width, height=view.height, params=params)


def colmap_pixels(view: View, keypoints: np.ndarray) -> np.ndarray:
    """(M, 2) float64 where these keypoints (M,) lie."""
    return view.features.keypoints[keypoints].astype(np.float64) + COLMAP_CENTRE


def rigid3d(b_from_a: np.ndarray) -> pycolmap.Rigid3d:
    """From (4, 4)."""
    import pycolmap

    return pycolmap.Rigid3d(b_from_a[:3])


def matrix_of(rigid: pycolmap.Rigid3d) -> np.ndarray:
    """(4, 4) float64."""
    matrix = np.eye(4)
    matrix[:3] = rigid.matrix()
    return matrix


def ransac_options(max_error: float, seed: int, trials: TrialOptions) -> pycolmap.RANSACOptions:
    """Options of one search that a seed repeats; max_error in the unit of the data."""
    import pycolmap

    options = pycolmap.RANSACOptions()
    options.max_error, options.random_seed = max_error, seed
    options.min_num_trials, options.max_num_trials = min(trials.least, trials.most), trials.most
    options.confidence, options.min_inlier_ratio = trials.confidence, trials.least_inliers
    return options


def resect(
    view: View,
    keypoints: np.ndarray,
    points: np.ndarray,
    max_error_px: float,
    seed: int,
    trials: TrialOptions,
) -> tuple[np.ndarray, int] | None:
    """cam_from_world (4, 4) from keypoints (M,) of a view and their points (M, 3), and how many agree.

    P3P in LO-RANSAC, then refined on what agrees; None where nothing is found.
    """
    import pycolmap

    options = pycolmap.AbsolutePoseEstimationOptions()
    options.ransac = ransac_options(max_error_px, seed, trials)
    pixels = colmap_pixels(view, keypoints)
    with quiet():
        found = pycolmap.estimate_and_refine_absolute_pose(pixels, points, colmap_camera(view), options)
    return None if found is None else (matrix_of(found["cam_from_world"]), found["num_inliers"])
