"""Points that look like another point of the scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from objpose.cameras.repeats.options import RepeatsOptions
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.views import View

ROWS = 512  # observations compared with all others at once


def most_seen(placement: Placement, most: int) -> Placement:
    """With so many points at most, those that most photos see."""
    order = np.argsort(-placement.tracks.lengths(), kind="stable")
    kept = np.zeros(len(placement.points), dtype=bool)
    kept[order[:most]] = True
    return placement.select(kept)


def depth_of(views: Sequence[View], placement: Placement) -> float:
    """Median over all observations of the points."""
    depths = [placement.depths(photo, len(views[photo].features)) for photo in placement.cams_from_world]
    return float(np.nanmedian(np.concatenate(depths)))


def alike_points(
    views: Sequence[View], placement: Placement, reach: float, options: RepeatsOptions
) -> np.ndarray:
    """(L, 2) distinct pairs of points, sorted, of which photos have keypoints that are alike, and that lie
    apart by more than the reach; each in both orders.
    """
    tracks = placement.tracks
    descriptors = _descriptors(views, placement)
    place = placement.points[tracks.track]
    typical = np.mean([views[photo].typical_distance for photo in np.unique(tracks.view)])
    count = min(options.likes, len(place))
    found = []
    for rows in np.array_split(np.arange(len(place)), -(-len(place) // ROWS)):
        off = 2.0 - 2.0 * descriptors[rows] @ descriptors.T
        off[np.linalg.norm(place[rows, None] - place, axis=2) <= reach] = np.inf
        like = np.argpartition(off, count - 1, axis=1)[:, :count]
        near = np.take_along_axis(off, like, axis=1) < (options.alike * typical) ** 2
        row, column = np.nonzero(near)
        found.append(np.stack([tracks.track[rows[row]], tracks.track[like[row, column]]], axis=1))
    pairs = np.concatenate(found)
    return np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)


def _descriptors(views: Sequence[View], placement: Placement) -> np.ndarray:
    """(O, D) of the observations."""
    tracks = placement.tracks
    descriptors = np.zeros((len(tracks.view), views[0].features.descriptors.shape[-1]), dtype=np.float32)
    for photo in placement.cams_from_world:
        mine = tracks.view == photo
        descriptors[mine] = views[photo].features.descriptors[0, tracks.keypoint[mine]]
    return descriptors
