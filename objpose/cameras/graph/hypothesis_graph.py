"""Cameras as nodes, and for each pair a weighted set of relative rotations of which at most one is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.cameras.graph.options import GraphOptions
from objpose.errors import InputError
from objpose.geometry import SO3


@dataclass(frozen=True, eq=False)
class Edge:
    """What is believed about the motion from camera `i` to camera `j`.

    rotations: (h,) j_from_i, h >= 1.
    weights: (h,) not negative: the chance of each to be right. What their sum leaves to 1 is the chance that
        none is. Larger sums, as scores of any unit have, are scaled down.
    directions: (h, 3) unit translations of j_from_i (`x_j = R x_i + s * direction`, in camera j's frame), or
        None. A row of zeros means that the hypothesis says nothing about the translation.
    """

    i: int
    j: int
    rotations: SO3
    weights: Tensor
    directions: Tensor | None = None


@dataclass(frozen=True, eq=False)
class HypothesisGraph:
    """Edges padded to one number H of hypotheses; float64.

    ends: (E, 2) long, cameras i and j.   wxyz: (E, H, 4), j_from_i.
    weights: (E, H), zero where padded.   none: (E,) the chance that no hypothesis is right.
    """

    num_cameras: int
    ends: Tensor
    wxyz: Tensor
    weights: Tensor
    none: Tensor

    @staticmethod
    def from_edges(num_cameras: int, edges: Sequence[Edge], options: GraphOptions) -> HypothesisGraph:
        """Check and pad.

        Raises:
            InputError: cameras that do not exist, two edges on one pair, shapes or weights that do not fit.
        """
        _check_pairs(num_cameras, edges)
        width = max((len(edge.rotations) for edge in edges), default=1)
        wxyz = torch.zeros(len(edges), width, 4, dtype=torch.float64)
        wxyz[..., 0] = 1.0
        weights = torch.zeros(len(edges), width, dtype=torch.float64)
        for index, edge in enumerate(edges):
            count = _checked_count(edge)
            wxyz[index, :count] = edge.rotations.wxyz.detach().cpu().double()
            weights[index, :count] = torch.as_tensor(edge.weights).detach().cpu().double()
        weights = weights * (options.max_trust / weights.sum(1, keepdim=True).clamp(min=options.max_trust))
        ends = torch.tensor([(edge.i, edge.j) for edge in edges], dtype=torch.long).reshape(-1, 2)
        wxyz = wxyz / wxyz.norm(dim=-1, keepdim=True)
        return HypothesisGraph(num_cameras, ends, wxyz, weights, 1.0 - weights.sum(1))

    def arriving(self) -> tuple[Tensor, Tensor, SO3]:
        """Every edge from both sides: target (2E,), source (2E,) and target_from_source (2E, H).

        Row e is edge e as it is, row E + e the same edge from the other side.
        """
        forward = SO3(self.wxyz)
        rotations = SO3(torch.cat([forward.wxyz, forward.inverse().wxyz]))
        return (
            torch.cat([self.ends[:, 1], self.ends[:, 0]]),
            torch.cat([self.ends[:, 0], self.ends[:, 1]]),
            rotations,
        )


def _check_pairs(num_cameras: int, edges: Sequence[Edge]) -> None:
    seen = set()
    for edge in edges:
        pair = f"edge ({edge.i}, {edge.j})"
        if not (0 <= edge.i < num_cameras and 0 <= edge.j < num_cameras) or edge.i == edge.j:
            expected = f"two different cameras below {num_cameras}"
            raise InputError(pair, f"cameras {edge.i} and {edge.j}", expected, "number the cameras from 0")
        key = (min(edge.i, edge.j), max(edge.i, edge.j))
        if key in seen:
            raise InputError(pair, "the pair twice", "one edge a pair", "join the hypotheses in one edge")
        seen.add(key)


def _checked_count(edge: Edge) -> int:
    """Number of hypotheses of an edge whose shapes and weights fit."""
    count, pair = len(edge.rotations), f"edge ({edge.i}, {edge.j})"
    weights = torch.as_tensor(edge.weights)
    if count == 0:
        raise InputError(pair, "no hypothesis", "at least one", "leave the edge out")
    if tuple(weights.shape) != (count,):
        raise InputError(pair, f"weights {tuple(weights.shape)}", f"({count},)", "give a weight a hypothesis")
    if not bool(torch.isfinite(weights).all()) or bool((weights < 0).any()):
        raise InputError(pair, f"weights {weights.tolist()}", "numbers not below 0", "check the scores")
    if edge.directions is not None and tuple(edge.directions.shape) != (count, 3):
        found = f"directions {tuple(edge.directions.shape)}"
        raise InputError(pair, found, f"({count}, 3)", "give a direction a hypothesis, or None")
    return count
