"""What a frame holds of an instance whose size nobody knows: a crop, a cloud, and where nothing of it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from objpose.crops import Crop, crop_frame, main_part
from objpose.errors import InputError
from objpose.features import PointCloud, voxel_cloud
from objpose.frame import Frame

LEAST_POINTS = 30  # voxels: fewer show no shape
FINENESS = 24  # voxels along the span of what is seen
DEEPEST = 1.2  # times its extent across: points that lie farther before or behind the rest are of others
SPAN = 0.98  # of the points, between the outermost of which the span is measured
CURE = "check that the depth is registered to the image, or give a larger mask"


@dataclass(frozen=True, eq=False)
class Observation:
    crop: Crop
    cloud: PointCloud  # camera frame, metres; one point a voxel, normals towards the camera
    span: float  # metres: the diagonal of what is seen, across the view and along it
    nearest: Tensor  # (S, S, 2) column and row of the pixel of the mask that is nearest to each


def observe(frame: Frame, mask: Tensor, category: str, size: int) -> Observation:
    """A crop of at most `size` pixels, and the masked depth as a cloud.

    Raises:
        InputError: a frame without depth, and too little depth under the mask.
    """
    if frame.depth is None:
        cure = "give depth to Frame: without it a small thing nearby looks like a large one far away"
        raise InputError("frame", "no depth", f"an RGB-D frame, to tell the size of a {category}", cure)
    whole = crop_frame(frame, main_part(mask), 2 * max(frame.size))
    crop = whole.smaller(size)
    points = whole.points()[whole.mask & (whole.depth > 0)]
    cloud = _cloud(points) if len(points) >= LEAST_POINTS else None
    if cloud is None or len(cloud) < LEAST_POINTS:
        raise InputError(
            f"mask of a {category}",
            f"{len(points)} pixels with depth",
            f"measured points on {LEAST_POINTS} places of it",
            CURE,
        )
    return Observation(crop, cloud, _span(cloud.points), _nearest(crop.mask))


def _cloud(points: Tensor) -> PointCloud:
    """Without what lies far before or behind: background through a rough border."""
    low, high = _bounds(points[:, :2])
    across = float((high - low).norm())
    depth = points[:, 2]
    points = points[(depth - depth.median()).abs() < DEEPEST * across]
    return voxel_cloud(points, max(_span(points) / FINENESS, 1e-4), None, None)


def _span(points: Tensor) -> float:
    low, high = _bounds(points)
    return float((high - low).norm())


def _bounds(points: Tensor) -> tuple[Tensor, Tensor]:
    """Of most of the points (N, D), in each dimension."""
    rows = points.sort(0).values
    beyond = int((1 - SPAN) / 2 * len(rows))
    return rows[beyond], rows[-1 - beyond]


def _nearest(mask: Tensor) -> Tensor:
    _, (row, column) = ndimage.distance_transform_edt(~mask.numpy(), return_indices=True)
    return torch.from_numpy(np.stack([column, row], axis=-1)).float()
