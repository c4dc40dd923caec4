"""The nearest points around each point of a cloud, as padded arrays."""

from __future__ import annotations

from typing import NamedTuple

import torch
from scipy.spatial import cKDTree
from torch import Tensor


class Neighbours(NamedTuple):
    """K places for each of N points, the nearest first, the point itself among them."""

    index: Tensor  # (N, K) into the cloud; any where not present
    squared: Tensor  # (N, K) squared distances
    present: Tensor  # (N, K) bool: within the radius

    def within(self, radius: float, most: int) -> Neighbours:
        """Those within a smaller radius, at most `most`, which are not more than there are places."""
        index, squared, present = (part[:, :most] for part in self)
        return Neighbours(index, squared, present & (squared < radius**2))


def neighbours(points: Tensor, radius: float, most: int) -> Neighbours:
    """At most `most` neighbours of each of points (N, 3) within a radius, in their unit."""
    rows = points.double().numpy()
    count = min(most, len(rows))
    distance, index = cKDTree(rows).query(rows, k=range(1, count + 1), distance_upper_bound=radius)
    distance, index = torch.from_numpy(distance), torch.from_numpy(index)
    present = distance.isfinite()
    index = torch.where(present, index, 0)
    return Neighbours(index, torch.where(present, distance.square(), 0.0).float(), present)
