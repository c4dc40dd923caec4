"""Points spread evenly: a random sample thinned until no two are close."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def thinned(points: np.ndarray, radius: float) -> np.ndarray:
    """Indices (k,), ascending, of a maximal subset of points (N, D) with no two closer than `radius`.

    Poisson-disc elimination in parallel rounds: a point stays when it comes before all its undecided
    neighbours, which then go. The result is that of taking the points one by one in their order.
    """
    pairs = cKDTree(points).query_pairs(radius, output_type="ndarray")
    first, second = pairs.min(1), pairs.max(1)
    is_open, kept = np.ones(len(points), dtype=bool), np.zeros(len(points), dtype=bool)
    while is_open.any():
        blocked = np.zeros(len(points), dtype=bool)
        blocked[second[is_open[first]]] = True
        chosen = is_open & ~blocked
        kept |= chosen
        is_open &= blocked
        is_open[second[chosen[first]]] = False
        alive = is_open[first] & is_open[second]
        first, second = first[alive], second[alive]
    return np.flatnonzero(kept)
