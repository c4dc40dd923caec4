"""Turn a camera, or a block of cameras, as a whole to where the edges that lead into it agree best."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.cameras.graph.hypothesis_graph import HypothesisGraph
from objpose.cameras.graph.rotation_averaging import edge_residuals, responsibilities
from objpose.cameras.graph.rotation_noise import density, squared_angle_of
from objpose.geometry import SO3

# Nats that a move must gain: less is rounding.
LEAST_GAIN = 1e-6


@dataclass(frozen=True, eq=False)
class Turns:
    """Ways to turn a group of cameras: cam_from_world becomes cam_from_world @ wxyz.

    The first is to stay; the others, best first, differ from it and from each other.
    """

    wxyz: Tensor  # (m, 4)
    evidence: Tensor  # (m,) log-evidence of the edges into the group
    supporters: Tensor  # (m,) edges that the turn makes fit


def group_turns(
    graph: HypothesisGraph, cam_from_world: SO3, group: Tensor, noise: float, apart: float, limit: int
) -> Turns:
    """To stay, and the distinct turns that hypotheses of edges into `group` (n,) propose; `limit` in all.

    noise: radians an axis; apart: radians, less is the same turn.
    """
    target, source, rotations = graph.arriving()
    into = group[target] & ~group[source]
    target, source = target[into], source[into]
    weights, none = graph.weights.repeat(2, 1)[into], graph.none.repeat(2)[into]
    inverse = SO3(cam_from_world.wxyz[target][:, None]).inverse()
    votes = (inverse @ SO3(rotations.wxyz[into]) @ SO3(cam_from_world.wxyz[source][:, None])).wxyz
    candidates = torch.cat([SO3.identity((1,), dtype=torch.float64).wxyz, votes[weights > 0]])
    product = torch.einsum("cq,ehq->ceh", candidates, votes)
    explained = (weights * density(squared_angle_of(product), noise)).sum(-1)
    evidence = (none + explained).log().sum(-1)
    supporters = (explained > none).sum(-1)
    keep = _distinct(candidates, evidence, apart, limit)
    return Turns(candidates[keep], evidence[keep], supporters[keep])


def chance_of_staying(graph: HypothesisGraph, turns: Turns, group_edges: Tensor, noise: float) -> float:
    """Chance that a group stands right, against the other turns and against "none of its edges is right".

    turns: the group's, first of them the one to judge; group_edges: (E,) bool, the edges into the group. The
    mass of a turn is its density times the volume that its supporters leave it, Laplace's approximation: one
    edge alone so gives a hypothesis the chance of its weight, whatever the fit.
    """
    peak = float(density(torch.zeros((), dtype=torch.float64), noise))
    volume = turns.supporters.clamp(min=1).double() ** -1.5 / peak
    nothing = graph.none[group_edges].log().sum()
    masses = torch.cat([turns.evidence + volume.log(), nothing[None]])
    return float(torch.softmax(masses, dim=0)[0])


def _distinct(wxyz: Tensor, evidence: Tensor, apart: float, limit: int) -> Tensor:
    """The first, then the best rotations that are further than `apart` from it and from every better one."""
    order = 1 + torch.sort(evidence[1:], descending=True, stable=True).indices
    order = torch.cat([torch.zeros(1, dtype=torch.long), order])
    kept: list[int] = []
    while len(order) and len(kept) < limit:
        kept.append(int(order[0]))
        gap = squared_angle_of(wxyz[order] @ wxyz[order[0]])
        order = order[gap > apart**2]
    return torch.tensor(kept, dtype=torch.long)


def log_evidence(graph: HypothesisGraph, cam_from_world: SO3, noise: float) -> float:
    """Log-density of all edges at these rotations, in nats above edges of which nothing is right."""
    squared_angle = edge_residuals(graph, cam_from_world).square().sum(-1)
    return float(responsibilities(graph, squared_angle, noise)[1].sum())


def climb(
    graph: HypothesisGraph,
    cam_from_world: SO3,
    groups: list[Tensor],
    noise: float,
    apart: float,
    sweeps: int = 3,
) -> SO3:
    """Turn the groups, one after the other, wherever that raises the evidence; until nothing moves."""
    for _ in range(sweeps):
        moved = False
        for group in groups:
            turns = group_turns(graph, cam_from_world, group, noise, apart, limit=2)
            if len(turns.wxyz) > 1 and float(turns.evidence[1] - turns.evidence[0]) > LEAST_GAIN:
                cam_from_world, moved = turned(cam_from_world, group, turns.wxyz[1]), True
        if not moved:
            break
    return cam_from_world


def turned(cam_from_world: SO3, group: Tensor, wxyz: Tensor) -> SO3:
    """Rotations (n,) after the cameras of `group` (n,) bool took a turn (4,)."""
    moved = (cam_from_world @ SO3(wxyz)).normalized().wxyz
    return SO3(torch.where(group[:, None], moved, cam_from_world.wxyz))
