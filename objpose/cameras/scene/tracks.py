"""Tracks: keypoints of several photos that are one point, and where that point lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.places import Pair


@dataclass(frozen=True, eq=False)
class Tracks:
    """Observations (O,) sorted by track: the view, its keypoint, and the track 0 <= track < count."""

    view: np.ndarray
    keypoint: np.ndarray
    track: np.ndarray
    count: int

    def select(self, kept: np.ndarray) -> tuple[Tracks, np.ndarray]:
        """The tracks at a mask (count,), numbered anew, and the numbers they had."""
        numbers = np.flatnonzero(kept)
        renumbered = np.full(self.count, -1)
        renumbered[numbers] = np.arange(len(numbers))
        inside = kept[self.track]
        track = renumbered[self.track[inside]]
        return Tracks(self.view[inside], self.keypoint[inside], track, len(numbers)), numbers

    def without(self, dropped: np.ndarray) -> Tracks:
        """Less some observations (O,) bool; the tracks keep their numbers."""
        kept = ~dropped
        return Tracks(self.view[kept], self.keypoint[kept], self.track[kept], self.count)

    def lengths(self) -> np.ndarray:
        """(count,) observations of each track."""
        return np.bincount(self.track, minlength=self.count)


def join_matches(views: list[View], pairs: dict[Pair, Matches]) -> Tracks:
    """Tracks from the matches of pairs of views, the least ambiguous matches first.

    A match that would give a track two keypoints in one photo is left out: one of them is wrong.
    """
    offsets = np.concatenate([[0], np.cumsum([len(view.features) for view in views])])
    if not pairs:
        nothing = np.zeros(0, dtype=np.int64)
        return Tracks(nothing, nothing, nothing, 0)
    first = np.concatenate([offsets[a] + matches.indices[:, 0] for (a, _), matches in pairs.items()])
    second = np.concatenate([offsets[b] + matches.indices[:, 1] for (_, b), matches in pairs.items()])
    order = np.argsort(np.concatenate([matches.ratios for matches in pairs.values()]), kind="stable")
    members, ends = np.unique(np.stack([first, second])[:, order], return_inverse=True)
    photo = np.searchsorted(offsets, members, side="right") - 1
    _, track = np.unique(_join(ends.reshape(2, -1), photo), return_inverse=True)
    by_track = np.argsort(track, kind="stable")
    members, track = members[by_track], track[by_track]
    view = photo[by_track]
    joined = Tracks(view, members - offsets[view], track, int(track.max()) + 1 if len(track) else 0)
    return joined.select(joined.lengths() >= 2)[0]


def _join(ends: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """(N,) labels of nodes that are one point, from matches (2, M) of nodes, the best first, and each node's
    photo.

    What hangs together without two nodes of one photo is one point; the rest is joined match by match.
    """
    count = len(photo)
    graph = coo_matrix((np.ones(ends.shape[1]), (ends[0], ends[1])), (count, count))
    _, label = connected_components(graph, directed=False)
    pairs = np.unique(np.stack([label, photo]), axis=1)
    torn = np.bincount(pairs[0], minlength=count) < np.bincount(label, minlength=count)
    inside = torn[label[ends[0]]]
    for node, root in _join_one_by_one(ends[:, inside], photo).items():
        label[node] = count + root
    return label


def _join_one_by_one(ends: np.ndarray, photo: np.ndarray) -> dict[int, int]:
    """The root of every node that occurs, by union and find; a bit mask a root says which photos it has."""
    parent = {node: node for node in np.unique(ends).tolist()}
    photos = {node: 1 << int(photo[node]) for node in parent}

    def root_of(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for a, b in ends.T.tolist():
        root_a, root_b = root_of(a), root_of(b)
        if root_a != root_b and not photos[root_a] & photos[root_b]:
            parent[root_b] = root_a
            photos[root_a] |= photos[root_b]
    return {node: root_of(node) for node in parent}


def triangulate(cams_from_world: np.ndarray, rays: np.ndarray, tracks: Tracks) -> np.ndarray:
    """(count, 3) points of tracks by linear least squares (Hartley & Zisserman 12.2); nan where none is
    defined.

    cams_from_world: (V, 4, 4); rays: (O, 2) of the observations; every track has some.
    """
    projection = cams_from_world[tracks.view][:, :3]
    rows = rays[:, :, None] * projection[:, 2:3] - projection[:, :2]
    rows /= np.linalg.norm(rows[:, :, :3], axis=2, keepdims=True).clip(min=1e-12)
    first = np.searchsorted(tracks.track, np.arange(tracks.count))
    moments = np.add.reduceat(rows.transpose(0, 2, 1) @ rows, first, axis=0)
    solution = np.linalg.eigh(moments)[1][:, :, 0]
    scale = solution[:, 3:]
    return np.where(np.abs(scale) > 1e-9, solution[:, :3] / np.where(scale == 0, 1.0, scale), np.nan)


def reprojection_error(
    cams_from_world: np.ndarray, rays: np.ndarray, tracks: Tracks, points: np.ndarray
) -> np.ndarray:
    """(O,) distance of each observation from its point's projection at depth one; inf behind the camera."""
    cams = cams_from_world[tracks.view]
    seen = (cams[:, :3, :3] @ points[tracks.track][:, :, None])[:, :, 0] + cams[:, :3, 3]
    error = np.linalg.norm(seen[:, :2] / np.where(seen[:, 2:] > 0, seen[:, 2:], np.nan) - rays, axis=1)
    return np.nan_to_num(error, nan=np.inf)
