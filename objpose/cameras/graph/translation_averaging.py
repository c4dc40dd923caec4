"""Where the cameras stand, from directions between them: robust, with each length as free as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from objpose.cameras.graph.connectivity import connected_components
from objpose.cameras.graph.hypothesis_graph import Edge
from objpose.cameras.graph.options import GraphOptions
from objpose.geometry import SO3, NormalEquations
from objpose.robust import LMOptions, levenberg_marquardt

NULL = 1e-6  # of a unit length: shorter has no direction


def synchronise_centres(
    cam_from_world: SO3, edges: Sequence[Edge], chosen: Tensor, options: GraphOptions
) -> Tensor:
    """Centres (n, 3) float32 of cameras with known rotations (n,), in their world, from directions of edges.

    chosen: (E,) long, the hypothesis of each edge; -1 for edges not to be used; edges without directions are
    not used either. Every component of used edges has its own origin and a mean edge length of 1; cameras
    without edges are at zero. First least unsquared deviations, `|c_j - c_i - s u|` with lengths s >= 1
    (Oezyesil and Singer, Robust Camera Location Estimation by Convex Programming, CVPR 2015), which needs no
    start and stands many wrong directions; then the angles, with a redescending loss.
    """
    rotation = cam_from_world.to(torch.float64)
    n = len(rotation)
    ends, directions = _world_directions(rotation, edges, chosen)
    labels = connected_components(n, ends)
    centres = torch.zeros(n, 3, dtype=torch.float64)
    for number in range(int(labels.max()) + 1 if len(ends) else 0):
        members = (labels == number).nonzero()[:, 0]
        inside = labels[ends[:, 0]] == number
        if bool(inside.any()):
            place = torch.full((n,), -1, dtype=torch.long)
            place[members] = torch.arange(len(members))
            centres[members] = _locate(len(members), place[ends[inside]], directions[inside], options)
    return centres.float()


def _world_directions(rotation: SO3, edges: Sequence[Edge], chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Cameras (U, 2) of the edges in use, and unit directions (U, 3) from i to j in the world."""
    ends, directions = [], []
    for edge, hypothesis in zip(edges, chosen.tolist(), strict=True):
        if hypothesis >= 0 and edge.directions is not None and float(edge.directions[hypothesis].norm()) > 0:
            ends.append((edge.i, edge.j))
            # x_j = R x_i + t has t = R_j (c_i - c_j).
            in_j = torch.nn.functional.normalize(edge.directions[hypothesis].double(), dim=0)
            directions.append(-rotation[edge.j].inverse().apply(in_j))
    stacked = torch.stack(directions) if directions else torch.empty(0, 3, dtype=torch.float64)
    return torch.tensor(ends, dtype=torch.long).reshape(-1, 2), stacked


def _locate(n: int, ends: Tensor, directions: Tensor, options: GraphOptions) -> Tensor:
    """Centres (n, 3) of one component, mean edge length 1."""
    centres = _least_unsquared(n, ends, directions, options)
    centres = centres / _lengths(centres, ends).mean()
    for degrees in options.robust_degrees:
        centres = _refined(n, ends, directions, centres, degrees)
    return centres / _lengths(centres, ends).mean()


def _least_unsquared(n: int, ends: Tensor, directions: Tensor, options: GraphOptions) -> Tensor:
    """Least `sum |c_j - c_i - s u|` with s >= 1, first centre at the origin.

    Reweighted least squares, in which centres and lengths take turns: given the lengths, one graph Laplacian
    serves the three axes; given the centres, every length is clamped for itself.
    """
    incidence = torch.zeros(len(ends), n, dtype=torch.float64)
    incidence[torch.arange(len(ends)), ends[:, 1]] = 1.0
    incidence[torch.arange(len(ends)), ends[:, 0]] = -1.0
    free = incidence[:, 1:]
    lengths = torch.ones(len(ends), dtype=torch.float64)
    weights = torch.ones_like(lengths)
    for _ in range(options.absolute_steps):
        weighted = weights[:, None] * free
        centres = torch.linalg.solve(free.mT @ weighted, weighted.mT @ (lengths[:, None] * directions))
        offsets = free @ centres
        lengths = (offsets * directions).sum(1).clamp(min=1.0)
        residual = (offsets - lengths[:, None] * directions).norm(dim=1)
        weights = 1.0 / residual.clamp(min=options.least_residual)
    return torch.nn.functional.pad(centres, (0, 0, 1, 0))


def _rigidity(n: int, ends: Tensor, directions: Tensor, weights: Tensor) -> Tensor:
    """(3E, 3 (n - 1)) rows `w (I - u u^T) (c_j - c_i)`, without the columns of the first camera."""
    across = torch.eye(3, dtype=torch.float64) - directions[:, :, None] * directions[:, None, :]
    across = across * weights.double()[:, None, None]
    matrix = torch.zeros(len(ends), 3, n, 3, dtype=torch.float64)
    index = torch.arange(len(ends))
    matrix[index, :, ends[:, 1]] = across
    matrix[index, :, ends[:, 0]] = -across
    return matrix.flatten(0, 1).flatten(1)[:, 3:]


def _refined(n: int, ends: Tensor, directions: Tensor, centres: Tensor, robust_degrees: float) -> Tensor:
    """Centres (n, 3) of least Geman-McClure loss of the chords between offsets, made unit, and directions."""
    scale = np.radians(robust_degrees)

    def linearize(centres: Tensor) -> NormalEquations:
        offsets = centres[0, ends[:, 1]] - centres[0, ends[:, 0]]
        lengths = offsets.norm(dim=1).clamp(min=NULL)
        unit = offsets / lengths[:, None]
        chord = unit - directions
        softness = scale**2 / (scale**2 + chord.square().sum(1))
        # (I - d d^T) / length moves the unit offset; the weight is the derivative of the loss.
        jacobian = _rigidity(n, ends, unit, softness / lengths)
        gradient = jacobian.mT @ (softness[:, None] * chord).flatten()
        cost = 0.5 * ((1.0 - softness) * scale**2).sum()
        return NormalEquations((jacobian.mT @ jacobian)[None], gradient[None], cost[None])

    def retract(centres: Tensor, step: Tensor) -> Tensor:
        return centres + torch.nn.functional.pad(step.reshape(1, n - 1, 3), (0, 0, 1, 0))

    return levenberg_marquardt(centres[None], linearize, retract, LMOptions(max_iterations=50)).params[0]


def _lengths(centres: Tensor, ends: Tensor) -> Tensor:
    return (centres[ends[:, 1]] - centres[ends[:, 0]]).norm(dim=1)
