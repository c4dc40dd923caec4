"""One hypothesis an edge, or none, and the rotations of all cameras, chosen jointly by cycle consistency.

The search of the likeliest rotations of a graph most of whose hypotheses are wrong: triangles give a first
belief, cameras are placed one by one where their neighbours agree, EM averages, then cameras and whole blocks
are turned where that explains more edges. It starts again from what no solution explained yet, so that rival
answers, such as mirrored ones, come out side by side with their evidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.cameras.graph.connectivity import connected_components, rigid_groups
from objpose.cameras.graph.cycle_evidence import triangle_beliefs
from objpose.cameras.graph.hypothesis_graph import Edge, HypothesisGraph
from objpose.cameras.graph.options import GraphOptions
from objpose.cameras.graph.rotation_averaging import (
    average_rotations_of_graph,
    edge_residuals,
    responsibilities,
)
from objpose.cameras.graph.rotation_growth import first_rotations
from objpose.cameras.graph.rotation_moves import chance_of_staying, climb, group_turns, log_evidence, turned
from objpose.geometry import SO3


@dataclass(frozen=True, eq=False)
class RotationSolution:
    """Rotations that explain the edges, and what speaks for them."""

    rotations: SO3  # (n,) cam_from_world, float32; the largest component's first camera at the identity
    chosen: Tensor  # (E,) long: the hypothesis that fits best, -1 where none does
    camera_confidence: Tensor  # (n,) chance that a camera stands right towards most of its component
    components: Tensor  # (n,) long: cameras joined by inliers share a number; 0 is the largest


def synchronise_rotations(
    num_cameras: int,
    edges: Sequence[Edge],
    options: GraphOptions = GraphOptions(),  # noqa: B008 - frozen
) -> list[RotationSolution]:
    """Distinct sets of rotations (n,) cam_from_world that the edges allow, likeliest first; at least one.

    Rotations of different components are unrelated. Deterministic.

    Raises:
        InputError: edges that do not fit the cameras, see HypothesisGraph.
    """
    graph = HypothesisGraph.from_edges(num_cameras, edges, options)
    if not bool((graph.weights > 0).any()):
        return [_solution(graph, SO3.identity((num_cameras,), dtype=torch.float64), options)]
    found = _search(graph, options)
    return [_solution(graph, rotations, options) for rotations in found[: options.solutions]]


def _search(graph: HypothesisGraph, options: GraphOptions) -> list[SO3]:
    """Distinct local optima, likeliest first."""
    beliefs = triangle_beliefs(graph, options)
    found: list[tuple[float, SO3]] = []
    open_ = beliefs.clone()
    repeats = 0
    for _ in range(options.starts):
        if float(open_.max()) <= 0 or repeats >= options.enough:
            break
        edge, hypothesis = divmod(int(open_.argmax()), open_.shape[1])
        first = first_rotations(graph, beliefs, (edge, hypothesis), options.noise)
        rotations = _refined(graph, first, options)
        open_[edge, hypothesis] = 0.0
        open_ = torch.where(_fits(graph, rotations, options), 0.0, open_)
        repeats = 0 if _add(graph, found, rotations, options) else repeats + 1
    for rotations in _rivals(graph, found[0][1], options):
        _add(graph, found, rotations, options)
    return [rotations for _, rotations in found]


def _add(
    graph: HypothesisGraph, found: list[tuple[float, SO3]], rotations: SO3, options: GraphOptions
) -> bool:
    """Add a solution, keeping the likeliest first, unless its like is there; whether it is new."""
    if not all(_differ(graph, rotations, other, options) for _, other in found):
        return False
    found.append((log_evidence(graph, rotations, options.noise), rotations))
    found.sort(key=lambda pair: -pair[0])
    return True


def _refined(graph: HypothesisGraph, rotations: SO3, options: GraphOptions) -> SO3:
    """The local optimum below a first guess: average loosely, turn what is off, average tightly."""
    rotations = average_rotations_of_graph(graph, rotations, 2 * options.noise, max_steps=8)
    groups = _groups(graph, rotations, options)
    rotations = climb(graph, rotations, groups, options.noise, options.apart)
    return average_rotations_of_graph(graph, rotations, options.noise)


def _groups(graph: HypothesisGraph, rotations: SO3, options: GraphOptions) -> list[Tensor]:
    """What may turn as a whole, (n,) bool each: every camera, and what holds together by inliers."""
    ends = graph.ends[_fits(graph, rotations, options).any(1)]
    return [*torch.eye(graph.num_cameras, dtype=torch.bool), *rigid_groups(graph.num_cameras, ends)]


def _rivals(graph: HypothesisGraph, rotations: SO3, options: GraphOptions) -> list[SO3]:
    """What becomes of a solution when a group takes its second best turn, the likeliest such turns alone."""
    rivals = []
    for group in _groups(graph, rotations, options):
        turns = group_turns(graph, rotations, group, options.noise, options.apart, limit=2)
        if len(turns.wxyz) > 1 and float(turns.evidence[0] - turns.evidence[1]) < options.rival_nats:
            rivals.append(
                (float(turns.evidence[1] - turns.evidence[0]), turned(rotations, group, turns.wxyz[1]))
            )
    rivals.sort(key=lambda rival: -rival[0])
    return [
        average_rotations_of_graph(graph, rival, options.noise) for _, rival in rivals[: options.solutions]
    ]


def _camera_confidence(
    graph: HypothesisGraph, rotations: SO3, labels: Tensor, options: GraphOptions
) -> Tensor:
    """(n,) the least chance, over the groups that a camera may turn with, that the group stands right."""
    confidence = torch.ones(graph.num_cameras, dtype=torch.float64)
    for group in _groups(graph, rotations, options):
        # A group that is most of its component is not judged by what hangs on it; nor is a whole component.
        component = labels == labels[int(group.nonzero()[0, 0])]
        if 2 * int(group.sum()) > int(component.sum()):
            continue
        into = group[graph.ends].sum(1) == 1
        turns = group_turns(graph, rotations, group, options.noise, options.apart, limit=options.modes)
        chance = chance_of_staying(graph, turns, into, options.noise)
        confidence[group] = confidence[group].clamp(max=chance)
    return confidence


def _fits(graph: HypothesisGraph, rotations: SO3, options: GraphOptions) -> Tensor:
    """(E, H) bool: hypotheses that explain their edge, and are near enough."""
    squared_angle = edge_residuals(graph, rotations).square().sum(-1)
    share, _ = responsibilities(graph, squared_angle, options.noise)
    near = squared_angle < math.radians(options.inlier_degrees) ** 2
    return near & (share > 0.5)


def _differ(graph: HypothesisGraph, first: SO3, second: SO3, options: GraphOptions) -> bool:
    """Whether the two explain different edges, or place differently what both hold together."""
    fits = [_fits(graph, rotations, options).any(1) for rotations in (first, second)]
    if not torch.equal(*fits):
        return True
    label = connected_components(graph.num_cameras, graph.ends[fits[0]])
    relative = [SO3(rotations.wxyz[:, None]) @ rotations.inverse() for rotations in (first, second)]
    gap = (relative[0] @ relative[1].inverse()).angle()
    return bool((gap[label[:, None] == label] > options.apart).any())


def _solution(graph: HypothesisGraph, rotations: SO3, options: GraphOptions) -> RotationSolution:
    fits = _fits(graph, rotations, options)
    inlier = fits.any(1)
    chosen = torch.where(inlier, fits.long().argmax(1) if len(fits) else torch.empty(0, dtype=torch.long), -1)
    labels = connected_components(graph.num_cameras, graph.ends[inlier])
    anchor = rotations[int((labels == 0).nonzero()[0, 0])]
    return RotationSolution(
        rotations=(rotations @ anchor.inverse()).normalized().to(torch.float32),
        chosen=chosen,
        camera_confidence=_camera_confidence(graph, rotations, labels, options).float(),
        components=labels,
    )
