"""Photos before whose background the camera stood still: many of their matches lie at the very same pixels.

That is how a turntable before a wall looks. No two photos of a moved camera are like that, so that what else
moves can be told apart before anything is placed.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from objpose.cameras.pairs.options import PairOptions
from objpose.cameras.pairs.pair_matches import PairMatches, weigh_motion
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.places import Pair

STILL = np.eye(4)


def still_photos(views: list[View], matches: dict[Pair, Matches], options: PairOptions) -> set[int]:
    """The largest group of photos that one standing camera took; empty where they are too few to tell."""
    still = [
        pair
        for pair, found in matches.items()
        if weigh_motion(views[pair[0]], views[pair[1]], found, STILL, options.evidence) > options.still_nats
    ]
    if not still:
        return set()
    first, second = np.array(still).T
    graph = coo_matrix((np.ones(len(still)), (first, second)), (len(views), len(views)))
    _, label = connected_components(graph, directed=False)
    group = set(np.flatnonzero(label == np.bincount(label).argmax()).tolist())
    inside = sum(pair in set(still) for pair in combinations(sorted(group), 2))
    is_one = inside >= options.still_share * len(group) * (len(group) - 1) / 2
    return group if is_one and len(group) >= options.still_photos else set()


def split_still(
    views: list[View], matches: dict[Pair, Matches], photos: set[int]
) -> tuple[dict[Pair, Matches], dict[Pair, Matches]]:
    """The matches of what stands still in a group of photos, and all others, less those of its keypoints."""
    stays = {
        (a, b): PairMatches(views[a], views[b], found).agrees(STILL)
        for (a, b), found in matches.items()
        if a in photos and b in photos
    }
    stands = [np.zeros(len(view.features), dtype=bool) for view in views]
    for pair, same in stays.items():
        for side, photo in enumerate(pair):
            stands[photo][matches[pair].indices[same, side]] = True
    still = {pair: matches[pair].select(same) for pair, same in stays.items()}
    moving = {
        (a, b): found.select(~stands[a][found.indices[:, 0]] & ~stands[b][found.indices[:, 1]])
        for (a, b), found in matches.items()
    }
    return still, moving
