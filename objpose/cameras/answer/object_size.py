"""How large the object is that the masks show, in world units.

Its outline is measured at the distance of its points, in the photo that shows it largest; what its points
span may be more, where no photo shows the longest way across. Either falls a few percent short.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.ndimage import binary_dilation
from scipy.spatial.distance import pdist

from objpose.cameras.answer.options import SizeOptions
from objpose.cameras.known.metre import Measure
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.relative import project
from objpose.cameras.scene.views import View
from objpose.geometry.extent import hull_corners, largest_distance


def object_measure(
    views: Sequence[View], photos: Sequence[Photo], placement: Placement, metres: float, options: SizeOptions
) -> list[Measure]:
    """Of the farthest two points of the object; none where too few points lie on the masks."""
    masks = {
        index: mask
        for index in placement.cams_from_world
        if (mask := photos[index].mask) is not None and mask.any()
    }
    on_mask, beside = np.zeros((2, len(placement.points)), np.int64)
    for index, mask in masks.items():
        there, held = _shown(views[index], placement.cams_from_world[index], mask, placement.points)
        on_mask, beside = on_mask + (held & there), beside + (held & ~there)
    points = placement.points[(beside == 0) & (on_mask >= min(len(masks), 2))]
    if not masks or len(points) < options.least_points:
        return []
    across = max(
        _across(views[index], placement.cams_from_world[index], mask, points) for index, mask in masks.items()
    )
    span = min(largest_distance(torch.from_numpy(points)), options.most_span * across)
    return [Measure("size of the object", max(across, span), metres, options.sigma)]


def _shown(
    view: View, cam_from_world: np.ndarray, mask: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(P,) whether a photo has the object at points (P, 3), and (P,) whether its frame holds them."""
    rays = project(cam_from_world, points)
    pixels = view.on_photo(rays * view.K.diagonal()[:2] + view.K[:2, 2])
    columns, rows = np.round(np.nan_to_num(pixels, nan=-1.0)).clip(-1, 1e6).astype(np.int64).T
    inside = (columns >= 0) & (rows >= 0) & (columns < view.width) & (rows < view.height)
    reached = binary_dilation(mask, iterations=max(1, round(view.tolerance_px)))
    return reached[np.where(inside, rows, 0), np.where(inside, columns, 0)], inside


def _across(view: View, cam_from_world: np.ndarray, mask: np.ndarray, points: np.ndarray) -> float:
    """World units between the farthest two pixels of a mask, at the depth of the points' middle."""
    rows, columns = np.nonzero(mask)
    corners = hull_corners(np.stack([columns, rows], axis=1).astype(np.float64))
    depth = float((cam_from_world[2, :3] @ np.median(points, axis=0)) + cam_from_world[2, 3])
    return float(pdist(corners).max(initial=0.0)) / view.focal * max(depth, 0.0)
