"""The sparse points of the answer, with their colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.placement import Placement
from objpose.io import SparsePoints


def no_points() -> SparsePoints:
    """A scene without points."""
    index = np.zeros(0, dtype=np.int64)
    return SparsePoints(np.zeros((0, 3)), np.zeros((0, 3), np.uint8), index, index, np.zeros((0, 2)))


def points_of(
    photos: Sequence[Photo], problem: CameraProblem, placement: Placement, xyz: np.ndarray
) -> SparsePoints:
    """The points of a placement at these places (P, 3), with the colour of their last observation."""
    tracks = placement.tracks
    pixels = np.zeros((len(tracks.view), 2))
    rgb = np.zeros((tracks.count, 3), dtype=np.uint8)
    for index in placement.cams_from_world:
        view, mine = problem.views[index], tracks.view == index
        pixels[mine] = view.on_photo(view.features.keypoints[tracks.keypoint[mine]])
        columns, rows = np.round(pixels[mine]).astype(np.int64).T
        rows, columns = rows.clip(0, view.height - 1), columns.clip(0, view.width - 1)
        rgb[tracks.track[mine]] = photos[index].image[rows, columns]
    return SparsePoints(xyz, rgb, tracks.track, tracks.view, pixels)


def join_points(parts: Sequence[SparsePoints]) -> SparsePoints:
    """All of them, numbered through."""
    offsets = np.cumsum([0, *(len(part.xyz) for part in parts)])
    return SparsePoints(
        np.concatenate([part.xyz for part in parts]),
        np.concatenate([part.rgb for part in parts]),
        np.concatenate([part.point + offset for part, offset in zip(parts, offsets, strict=False)]),
        np.concatenate([part.photo for part in parts]),
        np.concatenate([part.pixels for part in parts]),
    )
