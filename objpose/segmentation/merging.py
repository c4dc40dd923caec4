"""Regions merged two by two, weakest border first: a tree whose nodes are parts, objects and heaps."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from objpose.segmentation.regions import Borders

SIZE_POWER = 0.25  # how much a border counts less where one side is small: specks join first


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Nodes 0..leaves-1 are regions; every further node joins two earlier ones."""

    leaves: int
    children: np.ndarray  # (M, 2) of node leaves + i
    height: np.ndarray  # (leaves + M,) strength of the border that vanished in the node; 0 for leaves
    ceiling: np.ndarray  # (leaves + M,) strength at which the node is merged away; inf for roots

    def gathered(self, values: np.ndarray, combine: np.ufunc) -> np.ndarray:
        """(leaves + M, ...) values of the regions (leaves, ...), combined up the tree."""
        out = np.concatenate([values, np.empty((len(self.children), *values.shape[1:]))])
        for node, (first, second) in enumerate(self.children, start=self.leaves):
            out[node] = combine(out[first], out[second])
        return out

    def membership(self, nodes: np.ndarray) -> np.ndarray:
        """(len(nodes), leaves) bool: the regions that each node holds."""
        order, first, last = self._leaf_order()
        members = np.zeros((len(nodes), self.leaves), dtype=bool)
        for row, node in zip(members, nodes, strict=True):
            row[order[first[node] : last[node]]] = True
        return members

    def _leaf_order(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The leaves so ordered that those of each node follow one another, and where they begin and end."""
        count = self.gathered(np.ones(self.leaves, dtype=int), np.add).astype(int)
        first = np.zeros(len(count), dtype=int)
        roots = np.flatnonzero(np.isinf(self.ceiling))
        first[roots] = np.cumsum(count[roots]) - count[roots]
        for node in range(len(count) - 1, self.leaves - 1, -1):
            left, right = self.children[node - self.leaves]
            first[left], first[right] = first[node], first[node] + count[left]
        order = np.empty(self.leaves, dtype=int)
        order[first[: self.leaves]] = np.arange(self.leaves)
        return order, first, first + count


def merge_tree(areas: np.ndarray, borders: Borders, weights: np.ndarray) -> MergeTree:
    """Merge until no borders are left.

    areas: (N,) pixels. weights: (S,) of the edge maps in borders.strength; the strength of a border is the
    weighted sum's mean over its length, times a power of the smaller side's area. Arbelaez et al.: Contour
    Detection and Hierarchical Image Segmentation, PAMI 2011.
    """
    count = len(areas)
    area = list(areas.astype(float))
    reference = max(float(areas.sum()), 1.0)
    links: list[dict[int, np.ndarray]] = [{} for _ in range(count)]
    sums = np.stack([borders.strength @ weights, borders.length.astype(float)], axis=-1)
    for (first, second), both in zip(borders.pairs.tolist(), sums, strict=True):
        links[first][second] = links[second][first] = both

    def cost(first: int, second: int) -> float:
        total, length = links[first][second]
        return total / length * (min(area[first], area[second]) / reference) ** SIZE_POWER

    heap = [(cost(first, second), first, second) for first, second in borders.pairs.tolist()]
    heapq.heapify(heap)
    alive, children, height = [True] * count, [], [0.0] * count
    ceiling = [np.inf] * count
    while heap:
        value, first, second = heapq.heappop(heap)
        if not (alive[first] and alive[second]):
            continue
        node = len(area)
        _join(links, first, second, node)
        area.append(area[first] + area[second])
        alive[first] = alive[second] = False
        alive.append(True)
        children.append((first, second))
        height.append(value)
        ceiling[first] = ceiling[second] = value
        ceiling.append(np.inf)
        for other in links[node]:
            heapq.heappush(heap, (cost(node, other), min(node, other), max(node, other)))
    return MergeTree(count, np.array(children).reshape(-1, 2), np.array(height), np.array(ceiling))


def _join(links: list[dict[int, np.ndarray]], first: int, second: int, node: int) -> None:
    """Make `node` the neighbour of all neighbours of two nodes, their borders added up."""
    joined: dict[int, np.ndarray] = {}
    for old in (first, second):
        for other, both in links[old].items():
            if other not in (first, second):
                joined[other] = joined[other] + both if other in joined else both
                del links[other][old]
        links[old] = {}
    links.append(joined)
    for other, both in joined.items():
        links[other][node] = both
