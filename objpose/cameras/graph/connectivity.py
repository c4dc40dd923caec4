"""What holds a graph together: its connected components, the bridges, and the blocks between them."""

from __future__ import annotations

import torch
from torch import Tensor


def connected_components(num_nodes: int, ends: Tensor) -> Tensor:
    """(n,) long: the number of each node's component, 0 for that of most nodes, then by size and first node.

    ends: (E, 2) node pairs.
    """
    neighbours = _neighbours(num_nodes, ends)
    label = [-1] * num_nodes
    groups: list[list[int]] = []
    for start in range(num_nodes):
        if label[start] >= 0:
            continue
        group, label[start] = [start], len(groups)
        for node in group:
            for other, _ in neighbours[node]:
                if label[other] < 0:
                    label[other] = len(groups)
                    group.append(other)
        groups.append(group)
    rank = {
        number: place
        for place, number in enumerate(sorted(range(len(groups)), key=lambda g: -len(groups[g])))
    }
    return torch.tensor([rank[number] for number in label], dtype=torch.long)


def bridges(num_nodes: int, ends: Tensor) -> Tensor:
    """(E,) bool: edges that lie on no cycle, so that nothing but themselves speaks for them.

    ends: (E, 2) node pairs, none of them twice. Tarjan's lowest reachable visit, by an explicit stack.
    """
    neighbours = _neighbours(num_nodes, ends)
    is_bridge = torch.zeros(len(ends), dtype=torch.bool)
    visit, low = [-1] * num_nodes, [0] * num_nodes
    clock = 0
    for start in range(num_nodes):
        if visit[start] >= 0:
            continue
        stack = [(start, -1, iter(neighbours[start]))]
        visit[start] = low[start] = clock
        clock += 1
        while stack:
            node, arrived_by, rest = stack[-1]
            other, edge = next(rest, (-1, -1))
            if edge < 0:
                stack.pop()
                if stack:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[node])
                    is_bridge[arrived_by] = low[node] > visit[parent]
            elif visit[other] < 0:
                visit[other] = low[other] = clock
                clock += 1
                stack.append((other, edge, iter(neighbours[other])))
            elif edge != arrived_by:
                low[node] = min(low[node], visit[other])
    return is_bridge


def rigid_groups(num_nodes: int, ends: Tensor) -> list[Tensor]:
    """Sets of nodes (n,) bool, more than one node and not all, that may move against the rest as a whole.

    They are the components, the blocks that hold together by cycles, and the smaller side of every bridge.
    """
    is_bridge = bridges(num_nodes, ends)
    whole = connected_components(num_nodes, ends)
    groups = _members(whole) + _members(connected_components(num_nodes, ends[~is_bridge]))
    for bridge in is_bridge.nonzero()[:, 0].tolist():
        cut = connected_components(num_nodes, torch.cat([ends[:bridge], ends[bridge + 1 :]]))
        sides = [cut == cut[node] for node in ends[bridge]]
        groups.append(min(sides, key=lambda side: int(side.sum())))
    unique = {tuple(group.tolist()): group for group in groups if 1 < int(group.sum()) < num_nodes}
    return list(unique.values())


def _members(label: Tensor) -> list[Tensor]:
    return [label == number for number in range(int(label.max()) + 1)]


def _neighbours(num_nodes: int, ends: Tensor) -> list[list[tuple[int, int]]]:
    """For each node, the nodes next to it and the edges that lead there."""
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(num_nodes)]
    for edge, (i, j) in enumerate(ends.tolist()):
        neighbours[i].append((j, edge))
        neighbours[j].append((i, edge))
    return neighbours
