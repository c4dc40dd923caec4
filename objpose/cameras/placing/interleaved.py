"""Whether two motions are those of one thing that repeats itself: packs in a row, windows of a wall.

Each pack matched with the next one moves as one, too, in all photos alike. Its points have their like in the
same photo, and points that agree with either motion lie on the same things: what moves otherwise has its own
place in a photo, where none of what stands still is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from objpose.cameras.placing.options import MotionOptions
from objpose.cameras.placing.repeated import repeated
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.views import View


def moves_apart(views: Sequence[View], first: Placement, second: Placement, options: MotionOptions) -> bool:
    """Whether the second placement is of something else than the first, not of another pack of its row."""
    both = sorted(first.cams_from_world.keys() & second.cams_from_world.keys())
    shares = [_repeated_share(views[index], index, second, options) for index in both]
    if not shares or float(np.mean(shares)) <= options.most_repeated:
        return True
    return _has_own_place(views, both, first, second, options)


def _repeated_share(view: View, index: int, placement: Placement, options: MotionOptions) -> float:
    """Of what a placement explains in a photo, the share that has its like elsewhere in that photo."""
    mine = placement.tracks.keypoint[placement.tracks.view == index]
    return float(repeated(view, options)[mine].mean()) if len(mine) else 0.0


def _has_own_place(
    views: Sequence[View], photos: Sequence[int], first: Placement, second: Placement, options: MotionOptions
) -> bool:
    """Whether none of the first lies between the points of the second.

    Points that three photos see count: those of two alone agree with a motion by chance as well, and where a
    photo shows no more of a thing nothing says that it moves as one.
    """
    shares = []
    for index in photos:
        theirs, own = (_sure_keypoints(views[index], index, one, options) for one in (first, second))
        if len(own) > options.neighbours:
            shares.append(_interleaved(theirs, own, options.neighbours))
    return bool(shares) and float(np.mean(shares)) <= options.most_interleaved


def _interleaved(theirs: np.ndarray, own: np.ndarray, neighbours: int) -> float:
    """Share of keypoints (K, 2) with one of the others (L, 2) nearer than so many of their own kind."""
    if not len(theirs):
        return 0.0
    reach = cKDTree(own).query(own, neighbours + 1)[0][:, -1]
    return float((cKDTree(theirs).query(own)[0] < reach).mean())


def _sure_keypoints(view: View, index: int, placement: Placement, options: MotionOptions) -> np.ndarray:
    """(K, 2) pixels."""
    tracks = placement.tracks
    mine = (tracks.view == index) & (tracks.lengths()[tracks.track] >= options.sure_views)
    return view.features.keypoints[tracks.keypoint[mine]]
