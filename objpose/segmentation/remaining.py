"""What is left of a frame once some of its objects are known, and what they tell of where others may be.

A pixel shows one thing: what known objects explain is taken out, also of the heaps that segmentation takes
for one. And on the ground that they stand on everything has its size: a thing is as far away as the nearest
ground that its silhouette covers, where no other thing stands before it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor
from torch.nn import functional

from objpose.segmentation.partition import Partition
from objpose.segmentation.proposals import Candidates, ProposalOptions

MOSTLY = 0.5  # of a region, from which it is claimed; of a candidate, that has to be left of it


def remaining(
    scene: Partition, found: Candidates, claimed: Tensor, ground: Tensor | None, options: ProposalOptions
) -> tuple[Partition, Candidates]:
    """A partition without depth that knows what is claimed and where the ground is; and what is left.

    claimed: (H, W) bool in the size of the frame: what known objects show. ground: (H, W) the depth of the
    ground there, metres, infinite where it is not seen; or None.
    """
    taken = _at_work(scene, claimed.float()) > MOSTLY
    nearest = None if ground is None else _nearest(scene, _at_work(scene, ground))
    explained = scene.regions.sums(taken[scene.regions.inside][:, None].astype(float))[:, 0]
    members = found.members & (explained <= MOSTLY * scene.areas)
    areas = members @ scene.areas
    least = np.maximum(MOSTLY * found.areas, options.smallest_share * scene.regions.labels.size)
    left = replace(found, members=members, areas=areas)[areas > least]
    return replace(scene, claimed=taken, nearest=nearest), left


def _nearest(scene: Partition, ground: np.ndarray) -> np.ndarray:
    """(R,) least depth of the ground (h, w) under each region, metres."""
    inside, nearest = scene.regions.inside, np.full(scene.regions.count, np.inf)
    np.minimum.at(nearest, scene.regions.labels[inside], ground[inside])
    return nearest


def _at_work(scene: Partition, values: Tensor) -> np.ndarray:
    """(h, w) of values (H, W) in the size of the frame."""
    size = scene.regions.labels.shape
    return functional.interpolate(values[None, None], size=size, mode="nearest-exact")[0, 0].numpy()
