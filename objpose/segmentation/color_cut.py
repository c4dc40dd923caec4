"""An object parted from its surroundings by colour: GrabCut on regions in place of pixels.

Rother, Kolmogorov, Blake: GrabCut, interactive foreground extraction using iterated graph cuts, SIGGRAPH
2004.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from objpose.segmentation.color import BINS, blurred
from objpose.segmentation.partition import Partition

ROUNDS = 4  # of estimating colours and cutting
SMOOTHNESS = 2.0  # natural log units that a pixel of border costs where nothing is seen there
EDGE_SOFTNESS = 0.15  # strength of an edge at which a border costs 1/e of that
FLOOR = 0.02  # share of even chance mixed into the colours: none is impossible
BELIEVED = 1.0  # natural log units that colours must speak against each pixel to change what is believed
CAPACITY = 100.0  # integer units of flow per natural log unit
LARGEST_CAPACITY = 2**30


def color_cut(
    scene: Partition,
    colors: np.ndarray,
    inside: np.ndarray,
    around: np.ndarray,
    known: np.ndarray | None,
    believed: np.ndarray | None = None,
) -> np.ndarray:
    """(R,) bool: the regions inside that have the object's colours rather than those of the rest.

    colors: (R, BINS) pixels of each region by colour. inside, around: (R,) bool: where the object may be, and
    where its surroundings are. known: (BINS,) colours of the object where they are known, of any sum, or
    None: they are learned from what is inside. believed: (R,) bool, what is taken for the object unless its
    colours say otherwise, and the rest for none; None: all of the inside may be as well.
    """
    chosen, outside = (inside if believed is None else believed).copy(), colors[around].sum(0)
    lean = 0.0 if believed is None else BELIEVED * np.where(believed, scene.areas, -scene.areas)
    for _ in range(ROUNDS):
        learned = colors[chosen].sum(0)
        object_colors = _chances(learned) if known is None else (_chances(learned) + _chances(known)) / 2
        ratio = np.log(object_colors) - np.log(_chances(outside + colors[inside & ~chosen].sum(0)))
        evidence = np.where(inside, colors @ ratio + lean, -np.inf)
        cut = _minimum_cut(scene, evidence)
        if not cut.any() or (cut == chosen).all():
            break
        chosen = cut
    return chosen


def _chances(counts: np.ndarray) -> np.ndarray:
    """(BINS,) probabilities of the colours of a histogram, none of them 0."""
    smooth = blurred(counts[None])[0]
    return (1 - FLOOR) * smooth / max(float(smooth.sum()), 1e-9) + FLOOR / BINS


def _minimum_cut(scene: Partition, evidence: np.ndarray) -> np.ndarray:
    """(R,) bool of the regions on the object's side; evidence: (R,) log odds, infinite where settled."""
    count = len(evidence)
    source, sink, nodes = count, count + 1, np.arange(count)
    first, second = scene.borders.pairs.T
    strength = scene.borders.strength.max(1) / scene.borders.length
    smooth = SMOOTHNESS * scene.borders.length * np.exp(-strength / EDGE_SOFTNESS)
    capacity = np.concatenate([smooth, smooth, np.maximum(evidence, 0.0), np.maximum(-evidence, 0.0)])
    capacity = np.minimum(capacity * CAPACITY, LARGEST_CAPACITY).astype(np.int32)
    rows = np.concatenate([first, second, np.full(count, source), nodes])
    columns = np.concatenate([second, first, nodes, np.full(count, sink)])
    graph = coo_array((capacity, (rows, columns)), shape=(count + 2, count + 2)).tocsr()
    residual = graph - maximum_flow(graph, source, sink).flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    side = np.zeros(count + 2, dtype=bool)
    side[reached] = True
    return side[:count]
