"""Objects put together from parts: candidates joined with others, or cut by them, to be more like an object.

What has several colours is no node of a tree of merges: a part of it that is like its surroundings joins them
first. Which parts belong together, the known object's looks tell (several segments a hypothesis: Malisiewicz,
Efros: Improving Spatial Support for Objects via Multiple Segmentations, BMVC 2007).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csr_array

from objpose.segmentation.partition import Partition
from objpose.segmentation.proposals import LARGEST_SHARE, Candidates, as_candidates

LEAST_CHANGE = 0.05  # of a candidate's area: what is joined to it or cut from it is at least as large
LARGEST_CUT = 0.6  # of its area: more is no part of a candidate, but the other way round
BELIEVED = 0.97  # of the score of what is changed: looks that are as good by chance leave things as they are
WITHIN = 0.98  # of a part: so much of it shared, there is nothing to join


def neighbours(scene: Partition) -> csr_array:
    """(R, R) 1 where regions touch."""
    one, other = scene.borders.pairs.T
    ends, count = (np.concatenate([one, other]), np.concatenate([other, one])), scene.regions.count
    return coo_array((np.ones(len(ends[0]), np.float32), ends), shape=(count, count)).tocsr()


def recombined(
    scene: Partition, whole: Candidates, parts: Candidates, touching: csr_array
) -> tuple[Candidates, np.ndarray, np.ndarray]:
    """Each of `whole` joined with each of `parts` that touches it, and without each that lies in it.

    touching: (R, R) of `neighbours`. A new border counts by its strength against that of the candidate it
    comes from; (P,) in [0, 1] is what it has kept of that: looks alone would cut off what the light spoils.
    And (P,) the index of that candidate.
    """
    changed = [_changed(scene, one, parts, touching) for one in zip(whole.members, whole.areas, strict=True)]
    members, origin = np.concatenate(changed), np.repeat(np.arange(len(whole)), [len(one) for one in changed])
    first = np.unique(np.packbits(members, axis=1), axis=0, return_index=True)[1]
    members, origin = members[first], origin[first]
    before = border_strength(scene, whole.members)[origin]
    ratio = border_strength(scene, members) / np.maximum(before, 1e-6)
    scores = np.clip(whole.scores[origin] * ratio, 0.0, 1.0)
    new = replace(as_candidates(scene, members), scores=scores)
    fits = new.areas <= LARGEST_SHARE * scene.regions.labels.size
    return new[fits], BELIEVED * np.minimum(ratio, 1.0)[fits], origin[fits]


def border_strength(scene: Partition, members: np.ndarray) -> np.ndarray:
    """(P,) mean strength of the strongest kind of edge along the borders of sets of regions (P, R)."""
    one, other = scene.borders.pairs.T
    crossed = (members[:, one] != members[:, other]).astype(np.float32)
    return (crossed @ scene.borders.strength.max(1)) / np.maximum(crossed @ scene.borders.length, 1)


def _changed(
    scene: Partition, whole: tuple[np.ndarray, float], parts: Candidates, touching: csr_array
) -> np.ndarray:
    """(Q, R) bool: what joining parts and cutting them off makes of regions (R,) and their area in pixels."""
    (members, area), share = whole, parts.members.astype(np.float32)
    shared = share @ (members * scene.areas).astype(np.float32)
    beyond = parts.areas - shared
    near = members | (touching @ members.astype(np.float32) > 0)
    beside = (share @ near.astype(np.float32) > 0) & (shared < WITHIN * parts.areas)
    joined = beside & (beyond > LEAST_CHANGE * area) & (beyond < area)
    cut = (shared > LEAST_CHANGE * area) & (shared < LARGEST_CUT * area)
    return np.concatenate([parts.members[joined] | members, members & ~parts.members[cut]])
