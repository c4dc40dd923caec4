"""Unknown focal lengths: a first guess by EXIF or by what makes pairs of photos fit best."""

from __future__ import annotations

import numpy as np

from objpose.cameras.pairs.two_view import strongest
from objpose.cameras.scene.tracks import Pair
from objpose.cameras.scene.views import View
from objpose.features.local import Matches

# Focal lengths tried, in units of the longer side: from a wide phone camera (83 degrees) to a short telephoto
# (24).
TRIED = np.geomspace(0.56, 2.36, 13)
USUAL = 1.2  # COLMAP's guess, for photos that match no other
PAIRS_USED = 4
CLEAR_RATIO = 0.8


def guess_focals(
    views: list[View], matches: dict[Pair, Matches], groups: dict[int, int], seed: int
) -> dict[int, float]:
    """Focal length in pixels of every view in a group; views of one group share it.

    groups: view index to group. Each focal length tried is worth the evidence of the best hypotheses of the
    group's pairs with the most unambiguous matches.
    """
    found = {}
    for group in sorted(set(groups.values())):
        members = [index for index, one in groups.items() if one == group]
        inside = [pair for pair in matches if pair[0] in members and pair[1] in members]
        inside.sort(key=lambda pair: -int((matches[pair].ratios < CLEAR_RATIO).sum()))
        ratio = _best_ratio(views, matches, inside[:PAIRS_USED], seed) if inside else USUAL
        found |= {index: ratio * max(views[index].width, views[index].height) for index in members}
    return found


def _best_ratio(views: list[View], matches: dict[Pair, Matches], pairs: list[Pair], seed: int) -> float:
    worth = np.zeros(len(TRIED))
    for a, b in pairs:
        clear = matches[a, b].select(matches[a, b].ratios < CLEAR_RATIO)
        for place, ratio in enumerate(TRIED):
            worth[place] += strongest(_with_ratio(views[a], ratio), _with_ratio(views[b], ratio), clear, seed)
    best = int(worth.argmax())
    return float(TRIED[best]) if worth[best] > 0 else USUAL


def _with_ratio(view: View, ratio: float) -> View:
    return view.with_focal(ratio * max(view.width, view.height))


def unguessed(view: View) -> View:
    """A view whose focal length nobody knows yet, under the usual one."""
    return _with_ratio(view, USUAL)
