"""Where the cameras stand, from directions between them: robust, with each length as free as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.cameras.connectivity import connected_components
from objpose.cameras.hypothesis_graph import Edge
from objpose.geometry import SO3, NormalEquations
from objpose.robust import LMOptions, levenberg_marquardt

# Of a unit length: a residual smaller than this takes no more weight.
LEAST_RESIDUAL = 1e-2
# Singular values below this share of the largest are motions that no direction forbids.
NULL = 1e-6


@dataclass(frozen=True)
class TranslationOptions:
    inlier_degrees: float = 10.0  # a direction further off is no inlier
    robust_degrees: tuple[float, ...] = (20.0, 8.0, 3.0)  # scales of the Geman-McClure loss, in turn
    absolute_steps: int = 200  # of least unsquared deviations


@dataclass(frozen=True, eq=False)
class TranslationSolution:
    """Camera centres, component by component, each with its own origin and a mean edge length of 1."""

    centres: Tensor  # (n, 3) in the world of the rotations, float32
    residual_degrees: Tensor  # (E,) between the direction and the centres; NaN for unused edges
    inlier: Tensor  # (E,) bool
    components: Tensor  # (n,) long: cameras joined by used edges share a number
    undetermined: int  # lengths that no cycle of directions fixes; they were set to the shortest length


def synchronise_translations(
    cam_from_world: SO3,
    edges: Sequence[Edge],
    chosen: Tensor,
    options: TranslationOptions = TranslationOptions(),
) -> TranslationSolution:
    """Centres (n,) of cameras with known rotations (n,) from the directions of the chosen hypotheses.

    chosen: (E,) long, -1 for edges not to be used; edges without directions are not used either. First least
    unsquared deviations, `|c_j - c_i - s u|` with lengths s >= 1 (Oezyesil and Singer, Robust Camera Location
    Estimation by Convex Programming, CVPR 2015), which needs no start and stands many wrong directions; then
    the angles, with a redescending loss.
    """
    rotation = cam_from_world.to(torch.float64)
    n = len(rotation)
    used, ends, directions = _world_directions(rotation, edges, chosen)
    labels = connected_components(n, ends)
    centres, undetermined = torch.zeros(n, 3, dtype=torch.float64), 0
    for number in range(int(labels.max()) + 1 if len(ends) else 0):
        members = (labels == number).nonzero()[:, 0]
        inside = labels[ends[:, 0]] == number
        if bool(inside.any()):
            place = torch.full((n,), -1, dtype=torch.long)
            place[members] = torch.arange(len(members))
            centres[members], free = _locate(len(members), place[ends[inside]], directions[inside], options)
            undetermined += free
    residual = torch.full((len(edges),), torch.nan, dtype=torch.float64)
    residual[used] = _angles(centres, ends, directions)
    inlier = residual < options.inlier_degrees
    return TranslationSolution(centres.float(), residual.float(), inlier, labels, undetermined)


def _world_directions(rotation: SO3, edges: Sequence[Edge], chosen: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Edges in use (U,), their cameras (U, 2), and unit directions (U, 3) from i to j in the world."""
    used, directions = [], []
    for index, (edge, hypothesis) in enumerate(zip(edges, chosen.tolist(), strict=True)):
        if hypothesis >= 0 and edge.directions is not None and float(edge.directions[hypothesis].norm()) > 0:
            used.append(index)
            # x_j = R x_i + t has t = R_j (c_i - c_j).
            in_j = torch.nn.functional.normalize(edge.directions[hypothesis].double(), dim=0)
            directions.append(-rotation[edge.j].inverse().apply(in_j))
    ends = torch.tensor([(edges[index].i, edges[index].j) for index in used], dtype=torch.long).reshape(-1, 2)
    stacked = torch.stack(directions) if directions else torch.empty(0, 3, dtype=torch.float64)
    return torch.tensor(used, dtype=torch.long), ends, stacked


def _locate(n: int, ends: Tensor, directions: Tensor, options: TranslationOptions) -> tuple[Tensor, int]:
    """Centres (n, 3) of one component, mean edge length 1, and how many lengths are undetermined."""
    centres = _least_unsquared(n, ends, directions, options.absolute_steps)
    centres = centres / _lengths(centres, ends).mean()
    for degrees in options.robust_degrees:
        centres = _refined(n, ends, directions, centres, degrees)
    inlier = _angles(centres, ends, directions) < options.inlier_degrees
    return centres / _lengths(centres, ends).mean(), _undetermined(centres, ends[inlier])


def _least_unsquared(n: int, ends: Tensor, directions: Tensor, steps: int) -> Tensor:
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
    for _ in range(steps):
        weighted = weights[:, None] * free
        centres = torch.linalg.solve(free.mT @ weighted, weighted.mT @ (lengths[:, None] * directions))
        offsets = free @ centres
        lengths = (offsets * directions).sum(1).clamp(min=1.0)
        residual = (offsets - lengths[:, None] * directions).norm(dim=1)
        weights = 1.0 / residual.clamp(min=LEAST_RESIDUAL)
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


def _angles(centres: Tensor, ends: Tensor, directions: Tensor) -> Tensor:
    """(E,) degrees between the offsets of the centres and the directions."""
    offsets = centres[ends[:, 1]] - centres[ends[:, 0]]
    along = (offsets * directions).sum(1)
    across = torch.linalg.cross(offsets, directions).norm(dim=1)
    return torch.rad2deg(torch.atan2(across, along))


def _lengths(centres: Tensor, ends: Tensor) -> Tensor:
    return (centres[ends[:, 1]] - centres[ends[:, 0]]).norm(dim=1)


def _undetermined(centres: Tensor, ends: Tensor) -> int:
    """How many lengths the directions between these centres leave free, beside the scale of it all."""
    n = len(centres)
    unit = torch.nn.functional.normalize(centres[ends[:, 1]] - centres[ends[:, 0]], dim=1)
    values = torch.linalg.svdvals(_rigidity(n, ends, unit, torch.ones(len(ends))))
    # The three shifts are held by leaving the first camera out, one scale is free by nature.
    return 3 * (n - 1) - int((values > NULL * values[:1]).sum()) - 1
