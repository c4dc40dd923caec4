"""Which hypotheses close triangles: a first belief before any camera is placed."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from objpose.cameras.graph.hypothesis_graph import HypothesisGraph
from objpose.cameras.graph.options import GraphOptions
from objpose.cameras.graph.rotation_noise import density, squared_angle_of
from objpose.geometry import SO3

# Loops (triangles times combinations of hypotheses) handled at once; bounds the memory.
CHUNK = 400_000


def triangle_beliefs(graph: HypothesisGraph, options: GraphOptions, sweeps: int = 2) -> Tensor:
    """(E, H) chance of each hypothesis, from its weight and from the triangles it closes.

    Every triangle speaks for a hypothesis by how likely the loop
    closes with some pair of hypotheses of the other two edges, against a random loop (a sum-product sweep;
    Zach et al., Disambiguating Visual Relations Using Loop Constraints, CVPR 2010, score loops this way).
    """
    triangles = find_triangles(graph)
    beliefs = graph.weights
    for _ in range(sweeps if len(triangles) else 0):
        support = _triangle_support(graph, triangles, beliefs, options.noise)
        joint = graph.weights.log() + support.clamp(max=options.triangle_nats)
        joint = torch.cat([graph.none.log()[:, None], joint], dim=1)
        # Never certain: in the next sweep other triangles may still overrule a chance cycle.
        beliefs = options.max_trust * torch.softmax(joint, dim=1)[:, 1:]
    return beliefs


def find_triangles(graph: HypothesisGraph) -> Tensor:
    """(T, 3, 2) long: for cameras a < b < c the edges ab, bc, ca, and 1 where the edge is stored reversed."""
    index = {}
    for edge, (i, j) in enumerate(graph.ends.tolist()):
        index[i, j] = (edge, 0)
        index[j, i] = (edge, 1)
    neighbours = [sorted({b for a, b in index if a == camera}) for camera in range(graph.num_cameras)]
    triangles = [
        (index[a, b], index[b, c], index[c, a])
        for a in range(graph.num_cameras)
        for b, c in itertools.combinations([b for b in neighbours[a] if b > a], 2)
        if (b, c) in index
    ]
    return torch.tensor(triangles, dtype=torch.long).reshape(-1, 3, 2)


def _triangle_support(graph: HypothesisGraph, triangles: Tensor, beliefs: Tensor, noise: float) -> Tensor:
    """(E, H) sum over triangles of the log-evidence that each gives to the hypotheses of its edges."""
    width = graph.wxyz.shape[1]
    support = torch.zeros_like(beliefs)
    for part in triangles.split(max(1, CHUNK // width**3)):
        edges = part[:, :, 0]
        rotations = SO3(graph.wxyz[edges])
        wxyz = torch.where(part[:, :, 1, None, None] == 1, rotations.inverse().wxyz, rotations.wxyz)
        evidence = _loop_evidence(wxyz, beliefs[edges], noise)
        support.index_add_(0, edges.reshape(-1), evidence.reshape(-1, width))
    return support


def _loop_evidence(wxyz: Tensor, beliefs: Tensor, noise: float) -> Tensor:
    """(T, 3, H) log-evidence for the hypotheses of b_from_a, c_from_b, a_from_c, wxyz (T, 3, H, 4)."""
    ab, bc, ca = (SO3(part) for part in wxyz.unbind(1))
    around = SO3(bc.wxyz[:, None]) @ SO3(ab.wxyz[:, :, None])
    # The loop closes when a_from_c inverts c_from_a.
    product = torch.einsum("tabq,tcq->tabc", around.wxyz, ca.inverse().wxyz)
    likelihood = density(squared_angle_of(product), noise * 3**0.5)
    first, second, third = beliefs.unbind(1)
    sums = [
        torch.einsum("tabc,tb,tc->ta", likelihood, second, third),
        torch.einsum("tabc,ta,tc->tb", likelihood, first, third),
        torch.einsum("tabc,ta,tb->tc", likelihood, first, second),
    ]
    rest = 1.0 - torch.stack(
        [b.sum(1) * c.sum(1) for b, c in ((second, third), (first, third), (first, second))], 1
    )
    return (rest.clamp(min=0.0)[..., None] + torch.stack(sums, 1)).log()
