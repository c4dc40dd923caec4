"""The border of a place moved by colours, where parts of an object were left out or the ground was taken in.

What trees of merges and their recombination leave out is often of the object's very colour, behind an edge:
a spout, a handle, the half of a can beyond its letters; and what lies in a handle's ring is the ground's.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from objpose.segmentation.color_cut import color_cut
from objpose.segmentation.partition import Partition

BESIDE, AROUND = 0.3, 0.7  # of the root of its area: how far what may belong to it lies, and its surroundings


def recut(scene: Partition, members: np.ndarray, known: np.ndarray | None, touching: csr_array) -> np.ndarray:
    """(R,) bool: what of regions (R,) bool and those beside them has the object's colours, in one piece.

    known: (BINS,) colours of the object, or None. touching: (R, R) of `parts.neighbours`.
    """
    beside, around = _near(scene, members, BESIDE, AROUND)
    surroundings = around & ~beside
    if not surroundings.any():
        return members
    cut = color_cut(scene, scene.colors, beside, surroundings, known, members)
    return _largest_piece(scene, cut, touching)


def _near(scene: Partition, members: np.ndarray, *reaches: float) -> list[np.ndarray]:
    """(R,) bool of each reach: members (R,) and regions mostly within it, in roots of their area."""
    chosen = np.append(members, False)[scene.regions.labels]
    distance = ndimage.distance_transform_edt(~chosen)[scene.regions.inside] / chosen.sum() ** 0.5
    near = scene.regions.sums(np.stack([distance <= reach for reach in reaches], axis=-1).astype(float))
    return list(members | (scene.areas / 2 < near.T))


def _largest_piece(scene: Partition, chosen: np.ndarray, touching: csr_array) -> np.ndarray:
    """(R,) bool: of regions (R,) bool the largest set that hangs together."""
    index = np.flatnonzero(chosen)
    piece = connected_components(touching[index][:, index], directed=False)[1]
    largest = np.bincount(piece, scene.areas[index]).argmax()
    out = np.zeros_like(chosen)
    out[index[piece == largest]] = True
    return out
