"""What stands out in a picture without depth: regions that no path of weak edges joins to its border.

Wei, Wen, Zhu, Sun: Geodesic Saliency Using Background Priors, ECCV 2012.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from objpose.segmentation.regions import Borders, Regions

FLOOR_QUANTILE = 0.5  # of the edges' strengths: texture of the ground, which costs a path nothing
LEAST_STEP = 1e-4  # sparse graphs know no edge of weight 0
FULL = 0.3  # strength that the edges of a path add up to, from which what it leads to stands out in full


def salience(regions: Regions, borders: Borders, edge_map: int) -> np.ndarray:
    """(R,) from 0 at the image's border to 1: how strong the edges are that must be crossed from there."""
    strength = borders.strength[:, edge_map] / borders.length
    floor = np.quantile(strength, FLOOR_QUANTILE) if len(strength) else 0.0
    labels, outside = regions.labels, regions.count
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    rim = rim[rim >= 0]
    first, second = borders.pairs.T
    rows = np.concatenate([first, np.full(len(rim), outside)])
    steps = np.concatenate([np.maximum(strength - floor, 0.0) + LEAST_STEP, np.full(len(rim), LEAST_STEP)])
    graph = csr_array((steps, (rows, np.concatenate([second, rim]))), shape=(outside + 1, outside + 1))
    distance = dijkstra(graph, directed=False, indices=outside)[:outside]
    return np.minimum(distance / FULL, 1.0)


def parted(borders: Borders, is_object: np.ndarray) -> Borders:
    """The borders without those between regions (R,) bool that are of an object and those that are not."""
    kept = is_object[borders.pairs[:, 0]] == is_object[borders.pairs[:, 1]]
    return Borders(borders.pairs[kept], borders.length[kept], borders.strength[kept])
