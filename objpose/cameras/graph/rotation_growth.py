"""A first guess of all rotations, grown camera by camera: the next is what its neighbours agree on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.cameras.graph.hypothesis_graph import HypothesisGraph
from objpose.cameras.graph.rotation_noise import density, squared_angle_of
from objpose.geometry import SO3


def first_rotations(graph: HypothesisGraph, beliefs: Tensor, seed: tuple[int, int], noise: float) -> SO3:
    """cam_from_world (n,), starting from hypothesis `seed` (edge, hypothesis) with its first camera at rest.

    Every placed camera proposes rotations to its neighbours. A proposal is worth the log-evidence of all
    proposals to that camera (a mixture of Student noise and "none is right"); the camera with the best
    proposal is placed next. beliefs: (E, H) chances of the hypotheses. Cameras that nothing reaches start a
    new island at the identity.
    """
    reach = _Reach.of(graph, beliefs)
    votes = _Votes.none_yet(graph)
    placed = torch.zeros(graph.num_cameras, dtype=torch.bool)
    rotations = SO3.identity((graph.num_cameras,), dtype=torch.float64).wxyz
    edge, hypothesis = seed
    first, second = graph.ends[edge].tolist()
    order = [(first, rotations[first]), (second, graph.wxyz[edge, hypothesis])]
    while True:
        for camera, wxyz in order:
            rotations[camera], placed[camera] = wxyz, True
            _add_source(votes, reach, camera, SO3(wxyz), noise)
        if bool(placed.all()):
            return SO3(rotations)
        order = [_next(votes, placed)]


@dataclass(frozen=True, eq=False)
class _Reach:
    """The edges by target and source: (n, n, H, 4) target_from_source, (n, n, H) weights, (n, n) none."""

    wxyz: Tensor
    weights: Tensor
    none: Tensor

    @staticmethod
    def of(graph: HypothesisGraph, beliefs: Tensor) -> _Reach:
        target, source, rotations = graph.arriving()
        wxyz, weights, none = _nothing_known(graph)
        wxyz[target, source] = rotations.wxyz
        weights[target, source] = beliefs.repeat(2, 1)
        none[target, source] = (1.0 - beliefs.sum(1)).repeat(2)
        return _Reach(wxyz, weights, none)


@dataclass(frozen=True, eq=False)
class _Votes:
    """What the placed cameras propose for the others, a row per target camera, a column per source."""

    wxyz: Tensor  # (n, n, H, 4) proposed cam_from_world
    weights: Tensor  # (n, n, H), zero until the source is placed
    none: Tensor  # (n, n), one until then
    evidence: Tensor  # (n, n, H) log-evidence of all votes for each proposal, -inf where there is none

    @staticmethod
    def none_yet(graph: HypothesisGraph) -> _Votes:
        wxyz, weights, none = _nothing_known(graph)
        return _Votes(wxyz, weights, none, torch.full_like(weights, -torch.inf))


def _nothing_known(graph: HypothesisGraph) -> tuple[Tensor, Tensor, Tensor]:
    """(n, n, H, 4) identities, (n, n, H) weights of zero, and (n, n) chances of one that none is right."""
    n, width = graph.num_cameras, graph.wxyz.shape[1]
    weights, none = torch.zeros(n, n, width, dtype=torch.float64), torch.ones(n, n, dtype=torch.float64)
    return SO3.identity((n, n, width), dtype=torch.float64).wxyz, weights, none


def _add_source(votes: _Votes, reach: _Reach, source: int, source_from_world: SO3, noise: float) -> None:
    """Let a camera that was just placed vote, and weigh its proposals and the earlier ones together."""
    reached = (reach.weights[:, source].sum(1) > 0).nonzero()[:, 0]
    weights, none = reach.weights[reached, source], reach.none[reached, source]
    new = (SO3(reach.wxyz[reached, source]) @ source_from_world).wxyz
    votes.wxyz[reached, source] = new
    votes.weights[reached, source] = weights
    votes.none[reached, source] = none
    product = torch.einsum("nshq,nkq->nshk", votes.wxyz[reached], new)
    # Both proposals carry noise.
    likelihood = density(squared_angle_of(product), noise * 2**0.5)
    votes.evidence[reached] += (none[:, None, None] + torch.einsum("nshk,nk->nsh", likelihood, weights)).log()
    heard = torch.einsum("nshk,nsh->nsk", likelihood, votes.weights[reached])
    evidence = (votes.none[reached][..., None] + heard).log().sum(1)
    votes.evidence[reached, source] = torch.where(weights > 0, evidence, -torch.inf)


def _next(votes: _Votes, placed: Tensor) -> tuple[int, Tensor]:
    """The unplaced camera with the best proposal, and that proposal (4,)."""
    evidence = votes.evidence.masked_fill(placed[:, None, None], -torch.inf).flatten(1)
    best, where = evidence.max(dim=1)
    # Where nothing is proposed, the first camera that is left starts an island.
    camera = int(best.argmax()) if bool(best.isfinite().any()) else int((~placed).nonzero()[0, 0])
    return camera, votes.wxyz[camera].flatten(0, 1)[where[camera]]
