"""A frame cut into small regions, with what is known of each: the ground on which proposals are built."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from objpose.frame import Frame
from objpose.geometry import Camera, depth_to_points, view_directions
from objpose.segmentation.color import color_bins, histograms
from objpose.segmentation.edges import color_edges, depth_edges, filled, hue_edges
from objpose.segmentation.planes import Plane, find_planes, on_planes
from objpose.segmentation.regions import Borders, Regions, find_borders, watershed

WORKING_SIDE = 640  # pixels of the longer side at most: objects need no more, time does
FOLD_SHARE = 0.7  # of a fold against a colour edge or a jump when regions are formed
WIDTH_DIRECTIONS = 16  # along which the width of regions is measured
WIDTH_SIGMAS = 1.6  # half the width of a region, in standard deviations: uniform points have 1.73


@dataclass(frozen=True, eq=False)
class Partition:
    """Regions of a frame at working size.

    planes: the supports that were taken out, none without depth. low, high: (R, K) where the regions begin
    and end along K directions, metres, and None without depth. metric_area: (R,) m^2 across the view.
    claimed, nearest: what `remaining` knows besides.
    """

    size: tuple[int, int]  # (H, W) of the frame
    rgb: Tensor  # (h, w, 3) in [0, 1], working size
    camera: Camera  # of the working size
    points: Tensor | None  # (h, w, 3) metres, holes filled; None without depth
    planes: list[Plane]
    regions: Regions
    borders: Borders
    areas: np.ndarray  # (R,) pixels
    low: np.ndarray | None
    high: np.ndarray | None
    metric_area: np.ndarray | None
    depth_sums: np.ndarray | None  # (R,) sums of depth over the pixels, metres
    standing_out: np.ndarray | None  # (R,) 0 for bumps of the planes, 1 for what clearly leaves them
    claimed: np.ndarray | None = None  # (h, w) bool: shows known objects, which may hide others
    nearest: np.ndarray | None = None  # (R,) metres: the depth of the ground under each, where it is nearest

    @property
    def has_depth(self) -> bool:
        return self.points is not None

    def boxes(self, members: np.ndarray) -> np.ndarray:
        """(P, 4) first and last row, first and last column of sets of regions (P, R)."""
        boxes = np.empty((len(members), 4), dtype=int)
        for box, chosen in zip(boxes, members, strict=True):
            of_regions = self._region_boxes[chosen]
            box[::2], box[1::2] = of_regions[:, ::2].min(0), of_regions[:, 1::2].max(0)
        return boxes

    def distances(self, members: np.ndarray) -> np.ndarray:
        """(P,) metres to what sets of regions (P, R) show: by depth, or where it stands on a known ground."""
        if self.depth_sums is not None:
            return (members @ self.depth_sums) / np.maximum(members @ self.areas, 1)
        assert self.nearest is not None  # else nobody asks
        return np.where(members, self.nearest, np.inf).min(1, initial=np.inf)

    @cached_property
    def colors(self) -> np.ndarray:
        """(R, BINS) pixels of each region by colour."""
        inside = self.regions.inside
        return histograms(color_bins(self.rgb[inside]), self.regions.labels[inside], self.regions.count)

    @cached_property
    def _region_boxes(self) -> np.ndarray:
        found = ndimage.find_objects(self.regions.labels + 1)
        return np.array([[r.start, r.stop - 1, c.start, c.stop - 1] for r, c in found])

    def mask(self, members: np.ndarray, largest_hole: float = np.inf) -> Tensor:
        """(H, W) bool in the size of the frame of a set of regions (R,) bool.

        largest_hole: of its area, the largest of the holes that are closed.
        """
        chosen = np.append(members, False)[self.regions.labels]
        [[top, bottom, left, right]] = self.boxes(members[None])
        window = slice(top, bottom + 1), slice(left, right + 1)
        holes, _ = ndimage.label(ndimage.binary_fill_holes(chosen[window]) & ~chosen[window])
        closed = np.bincount(holes.ravel()) <= largest_hole * (members @ self.areas)
        closed[0] = False
        chosen[window] |= closed[holes]
        chosen = torch.from_numpy(chosen)
        if tuple(chosen.shape) == self.size:
            return chosen
        return (
            functional.interpolate(chosen[None, None].float(), size=self.size, mode="nearest-exact")[0, 0]
            > 0.5
        )


def partition(frame: Frame, least_plane: float, seed: int) -> Partition:
    """Cut a frame into regions; with depth, planes from `least_plane` metres across on are left out."""
    rgb, depth, camera = _at_working_size(frame)
    color = color_edges(rgb)
    if depth is None:
        regions = watershed(color, np.ones(color.shape, dtype=bool))
        areas, borders = regions.areas(), find_borders(regions, [color, hue_edges(rgb)])
        return Partition(
            frame.size, rgb, camera, None, [], regions, borders, areas, None, None, None, None, None
        )
    planes = find_planes(depth_to_points(depth, camera), least_plane, seed)
    depth = filled(depth)
    points = depth_to_points(depth, camera)
    domain = ndimage.binary_opening(~on_planes(planes, points).numpy())
    jump, fold = depth_edges(depth, camera)
    regions = watershed(np.maximum(np.maximum(jump, FOLD_SHARE * fold), color), domain)
    borders, areas = find_borders(regions, [color, jump, fold]), regions.areas()
    inside = torch.from_numpy(regions.inside)
    low, high = _widths(regions, areas, points[inside])
    depths = depth[inside].numpy()[:, None]
    depth_sums, square_sums = regions.sums(np.concatenate([depths, depths**2], axis=1)).T
    return Partition(
        frame.size, rgb, camera, points, planes, regions, borders, areas,
        low, high, square_sums / (camera.fx * camera.fy), depth_sums,
        _standing_out(regions, areas, planes, points[inside]),
    )  # fmt: skip


def _standing_out(regions: Regions, areas: np.ndarray, planes: list[Plane], points: Tensor) -> np.ndarray:
    """(R,) from 0 where what belongs to a plane ends to 1 at twice that, of points (inside pixels, 3)."""
    share = np.ones(len(areas))
    for plane in planes:
        distance = plane.height(points).abs() / (plane.cut * points[:, 2])
        mean = regions.sums(distance.numpy()[:, None])[:, 0] / areas
        share = np.minimum(share, np.clip(mean - 1, 0.0, 1.0))
    return share


def _at_working_size(frame: Frame) -> tuple[Tensor, Tensor | None, Camera]:
    height, width = frame.size
    rgb, scale = frame.rgb.float() / 255, WORKING_SIDE / max(height, width)
    if scale >= 1:
        return rgb, frame.depth, frame.camera
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    rgb = functional.interpolate(rgb.permute(2, 0, 1)[None], size=size, mode="area")[0].permute(1, 2, 0)
    depth = frame.depth
    if depth is not None:
        depth = functional.interpolate(depth[None, None], size=size, mode="nearest-exact")[0, 0]
    return rgb, depth, frame.camera.resize(size[1], size[0])


def _widths(regions: Regions, areas: np.ndarray, points: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """(R, K) begin and end of each region along K directions, of its points (inside pixels, 3).

    By mean and spread: stray points do not count.
    """
    along = (points @ view_directions(2 * WIDTH_DIRECTIONS)[:WIDTH_DIRECTIONS].T).numpy()
    count = np.maximum(areas, 1)[:, None]
    mean = regions.sums(along) / count
    spread = np.sqrt(np.maximum(regions.sums(along**2) / count - mean**2, 0.0))
    return mean - WIDTH_SIGMAS * spread, mean + WIDTH_SIGMAS * spread
