"""What a frame holds of an instance whose size nobody knows: a crop, a cloud, and where nothing of it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.crops import Crop, crop_frame, main_part, signed_distance
from objpose.errors import InputError
from objpose.features import PointCloud, voxel_cloud
from objpose.frame import Frame
from objpose.geometry import depth_to_points
from objpose.segmentation.planes import find_planes

LEAST_POINTS = 30  # voxels: fewer show no shape
FINENESS = 24  # voxels along the span of what is seen
DEEPEST = 1.2  # times its extent across: points that lie farther before or behind the rest are of others
SPAN = 0.98  # of the points, between the outermost of which the span is measured
PLANE_EXTENT = 2.0  # times the span: what large planes are
UNDER = 0.015  # of the distance: how deep points lie under a plane for it not to be behind them
STRAY = 0.05  # of the points: so many may lie under it all the same
INNER = 2.0  # pixels of the border at which a mask may show something else
LINK = 5.0  # voxels between neighbours of one part
LEAST_PART = 0.12  # of the largest part: smaller ones are spilled from other things
CURE = "check that the depth is registered to the image, or give a larger mask"


@dataclass(frozen=True, eq=False)
class Observation:
    crop: Crop
    cloud: PointCloud  # camera frame, metres; one point a voxel, normals towards the camera
    span: float  # metres: the diagonal of what is seen, across the view and along it
    planes: Tensor  # (P, 4) n . x + offset = 0, n towards the camera: table, floor, walls behind the object
    sure: Tensor  # (S, S) bool: pixels that surely show it, away from the mask's border and what it spills on
    nearest: Tensor  # (S, S, 2) column and row of the pixel of the mask that is nearest to each


def observe(frame: Frame, mask: Tensor, category: str, size: int) -> Observation:
    """A crop of at most `size` pixels, and the masked depth as a cloud.

    Raises:
        InputError: a frame without depth, and too little depth under the mask.
    """
    if frame.depth is None:
        cure = "give depth to Frame: without it a small thing nearby looks like a large one far away"
        raise InputError("frame", "no depth", f"an RGB-D frame, to tell the size of a {category}", cure)
    mask = main_part(mask)
    whole = crop_frame(frame, mask, 2 * max(frame.size))
    points = whole.points()[whole.mask & (whole.depth > 0)]
    cloud = _main_cloud(points) if len(points) >= LEAST_POINTS else None
    if cloud is None or len(cloud) < LEAST_POINTS:
        found = f"{len(points)} pixels with depth"
        expected = f"measured points on {LEAST_POINTS} places of it"
        raise InputError(f"mask of a {category}", found, expected, CURE)
    planes = _planes(frame, mask, cloud.points)
    crop = whole.smaller(size)
    in_depth = crop.depth <= cloud.points[:, 2].max()
    sure = (signed_distance(crop.mask) < -INNER) & (crop.depth > 0) & in_depth
    return Observation(crop, cloud, _span(cloud.points), planes, sure, _nearest(crop.mask))


def _main_cloud(points: Tensor) -> PointCloud:
    """Without what lies far before or behind the rest, and small parts on their own: of other things."""
    low, high = _bounds(points[:, :2])
    depth = points[:, 2]
    points = points[(depth - depth.median()).abs() < DEEPEST * float((high - low).norm())]
    voxel = max(_span(points) / FINENESS, 1e-4)
    cloud = voxel_cloud(points, voxel, None, None)
    pairs = cKDTree(cloud.points.numpy()).query_pairs(LINK * voxel, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cloud), len(cloud)))
    _, part = connected_components(links, directed=False)
    sizes = np.bincount(part)
    return cloud[torch.from_numpy(sizes[part] >= LEAST_PART * sizes.max())]


def _planes(frame: Frame, mask: Tensor, points: Tensor) -> Tensor:
    """Those of the frame that lie wholly behind the points (N, 3); sides of the object itself are none."""
    assert frame.depth is not None
    others = depth_to_points(frame.depth * ~mask, frame.camera)
    found = find_planes(others, PLANE_EXTENT * _span(points), seed=0)
    rows = torch.tensor([[*plane.normal.tolist(), plane.offset] for plane in found]).reshape(-1, 4)
    height = points @ rows[:, :3].mT + rows[:, 3]
    slack = UNDER * float(points[:, 2].median())
    return rows[((height < -slack).float().mean(0) < STRAY)]


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
