"""Over-segmentation: small regions that no strong edge crosses, and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

SEED_BLUR = 1.5  # pixels, of the relief whose minima become regions
RIDGE_BLUR = 1.0  # pixels: edges become ridges with a crest, as basins must not spread along a flat top
SEED_WINDOW = 5  # pixels in which a seed is the lowest
LEAST_PASS = 1e-6  # added to the relief: sparse graphs know no edge of weight 0


@dataclass(frozen=True, eq=False)
class Regions:
    """labels: (H, W) int32, -1 outside the domain, else 0 <= region < count."""

    labels: np.ndarray
    count: int

    def areas(self) -> np.ndarray:
        """(count,) pixels."""
        return np.bincount(self.labels[self.inside], minlength=self.count)

    @cached_property
    def inside(self) -> np.ndarray:
        """(H, W) bool: the pixels that belong to a region."""
        return self.labels >= 0

    def sums(self, values: np.ndarray) -> np.ndarray:
        """(count, C) sums over each region of values (inside pixels, C), in the order of `inside`."""
        return self._incidence @ values

    @cached_property
    def _incidence(self) -> csr_array:
        owner = self.labels[self.inside]
        pixels = np.arange(len(owner))
        return csr_array((np.ones(len(owner)), (owner, pixels)), shape=(self.count, len(owner)))


@dataclass(frozen=True, eq=False)
class Borders:
    """The pairs of regions that touch."""

    pairs: np.ndarray  # (B, 2), first < second
    length: np.ndarray  # (B,) neighbouring pixels across the border
    strength: np.ndarray  # (B, S) sums of each of S edge maps over the border


def watershed(relief: np.ndarray, domain: np.ndarray) -> Regions:
    """Regions of the domain (H, W) bool around the minima of a relief (H, W) from 0 to 1.

    Every pixel belongs to the minimum that it reaches over the lowest pass: a minimum spanning forest whose
    roots are the minima. Cousty et al.: Watershed Cuts, PAMI 2009.
    """
    smooth = ndimage.gaussian_filter(relief, SEED_BLUR)
    is_minimum = (ndimage.minimum_filter(smooth, size=SEED_WINDOW) == smooth) & domain
    plateaus, _ = ndimage.label(is_minimum, structure=np.ones((3, 3)))
    _, seeds = np.unique(plateaus.ravel()[is_minimum.ravel()], return_index=True)
    seeds = np.flatnonzero(is_minimum)[seeds]
    first, second = _neighbours(domain)
    ridges = ndimage.gaussian_filter(relief, RIDGE_BLUR).ravel()
    passes = LEAST_PASS + np.maximum(ridges[first], ridges[second])
    # All seeds hang on one root below every pass, so that the tree parts where their basins meet.
    root, pixels = relief.size, relief.size
    first, second = np.concatenate([first, seeds]), np.concatenate([second, np.full(len(seeds), root)])
    weight = np.concatenate([passes, np.full(len(seeds), LEAST_PASS / 2)])
    tree = minimum_spanning_tree(csr_array((weight, (first, second)), shape=(pixels + 1, pixels + 1))).tocoo()
    kept = (tree.row != root) & (tree.col != root)
    forest = csr_array((tree.data[kept], (tree.row[kept], tree.col[kept])), shape=(pixels, pixels))
    return _numbered(connected_components(forest, directed=False)[1].reshape(domain.shape), domain)


def _neighbours(domain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of the pairs of pixels of the domain (H, W) that share a side."""
    index = np.arange(domain.size).reshape(domain.shape)
    beside, below = domain[:, :-1] & domain[:, 1:], domain[:-1] & domain[1:]
    first = np.concatenate([index[:, :-1][beside], index[:-1][below]])
    return first, np.concatenate([index[:, 1:][beside], index[1:][below]])


def _numbered(pieces: np.ndarray, domain: np.ndarray) -> Regions:
    used, numbers = np.unique(pieces[domain], return_inverse=True)
    labels = np.full(domain.shape, -1, dtype=np.int32)
    labels[domain] = numbers
    return Regions(labels, len(used))


def find_borders(regions: Regions, edges: list[np.ndarray]) -> Borders:
    """Which regions touch, and the strengths (H, W) of several edge maps along each border."""
    labels, keys, values = regions.labels, [], []
    for here, there in (
        ((slice(None), slice(-1)), (slice(None), slice(1, None))),
        (slice(-1), slice(1, None)),
    ):
        one, other = labels[here], labels[there]
        across = (one != other) & (one >= 0) & (other >= 0)
        low, high = np.minimum(one, other)[across], np.maximum(one, other)[across]
        keys.append(low.astype(np.int64) * regions.count + high)
        values.append(np.stack([np.maximum(edge[here], edge[there])[across] for edge in edges], axis=-1))
    unique, border = np.unique(np.concatenate(keys), return_inverse=True)
    columns = np.concatenate(values).T
    strength = np.stack([np.bincount(border, column, len(unique)) for column in columns], axis=-1)
    pairs = np.stack(np.divmod(unique, max(regions.count, 1)), axis=-1)
    return Borders(pairs, np.bincount(border, minlength=len(unique)), strength)
