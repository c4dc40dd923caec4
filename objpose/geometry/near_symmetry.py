"""Near-symmetries: the turns of a shape that an observer who sees little of it may confuse."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.geometry.arrays import ArrayLike
from objpose.geometry.se3 import SE3
from objpose.geometry.symmetry import ContinuousSymmetry, Symmetry
from objpose.geometry.symmetry_detection import (
    REVOLUTION_ANGLES,
    checked_samples,
    end_for_end,
    group_of,
    is_parallel,
    refined_line,
    revolution,
    to_object_frame,
)
from objpose.geometry.symmetry_search import (
    as_turns,
    candidate_rotations,
    first_of_each,
    fixed_points,
    refine,
    rotations_about,
)
from objpose.geometry.symmetry_surface import FIT_QUANTILE, SampledSurface

# A turned shape is nearly alike where nearly all of it is within ALIKE of the shape (in diameters): a box of
# unequal sides; or where most of it is within a little: a mug turned, its handle aside.
ALIKE = 0.06
MOST = 0.6
# Mugs, jugs and teapots turned about their body's axis miss by up to 0.007, bars by 0.02 and more.
MOST_OF_REVOLUTION = 0.015
# Hammers and drills turned over miss by 0.01 to 0.023, lumps by 0.02 to 0.03, toy animals by 0.04 or more.
MOST_OF_TURN = 0.025
# Mean gap of a body of revolution turned end for end, each counted as GAP_CAP at most: a tapered cup has
# 0.06, a bowl and a cone 0.08, and from above or below these are discs as well.
END_FOR_END = 0.09
GAP_CAP = 0.15
SEARCH = 0.1  # tolerance of the search for candidates
SAME_TURN = math.radians(1)
MAX_AXES = 6  # looked at as axes of revolution
# What is worth a finer look, before the line is refined, in limits.
LIKELY = 2.0
LIKELY_REVOLUTION = 4.0


def detect_near_symmetry(points: ArrayLike, normals: ArrayLike) -> Symmetry:
    """The rotations, discrete and continuous, that map most of a surface nearly onto itself.

    A body of revolution has its axis, whatever handle or spout breaks it, and the turn end for end where that
    comes near; other shapes have a finite group: a box whose sides differ by a fifth, quarter turns too. What
    `detect_symmetry` finds at a tolerance of 0.06 is among it. Paint plays no part.

    points: (N, 3) drawn evenly from the surface, metres; normals: (N, 3) outward; about 2000 serve well.

    Raises:
        InputError: too few points, other shapes, or points without extent.
    """
    surface = SampledSurface.from_samples(*checked_samples(points, normals, None))
    candidates, orders = _candidates(surface)
    symmetry = revolution(surface, candidates, orders, ALIKE)
    if symmetry is None:
        line = _body_axis(surface, candidates)
        symmetry = _finite(surface, candidates, orders) if line is None else _of_one(line)
    if len(symmetry.continuous) == 1 and len(symmetry.discrete) == 1:
        symmetry = _with_flip(surface, symmetry.continuous[0])
    return to_object_frame(symmetry, surface)


def _candidates(surface: SampledSurface) -> tuple[SE3, Tensor]:
    """Rotations (B,) by 2 pi / order that map most of the surface somewhere near itself, and orders (B,)."""
    candidates, _ = candidate_rotations(surface, SEARCH)
    loose_misfit = _misfit(surface, candidates, stride=4)
    candidates, loose_misfit = candidates[loose_misfit <= LIKELY], loose_misfit[loose_misfit <= LIKELY]
    # Loosely refined, a mug is drawn towards its handle; refined without it, a box to two of its sides.
    refined = refine(surface, candidates, MOST_OF_TURN, stride=4)
    is_better = _misfit(surface, refined, stride=4) < loose_misfit
    better = SE3(torch.where(is_better[:, None], refined.wxyz_xyz, candidates.wxyz_xyz))
    better = better[first_of_each(better.rotation, SAME_TURN)]
    return as_turns(better)


def _misfit(surface: SampledSurface, motions: SE3, stride: int = 1) -> Tensor:
    """(m,) how far each rotation is from a near-symmetry; 1 is the limit."""
    if len(motions) == 0:
        return torch.zeros(0, dtype=torch.float64)
    distances, _ = surface.distances(motions, stride)
    nearly_all = distances.quantile(FIT_QUANTILE, dim=-1) / ALIKE
    axes = torch.nn.functional.normalize(motions.rotation.log(), dim=-1)
    most = _most(distances, axes, surface.normals[::stride], MOST_OF_TURN)
    return torch.minimum(nearly_all, most)


def _most(distances: Tensor, axes: Tensor, normals: Tensor, limit: float) -> Tensor:
    """(m,) what the share MOST of distances (m, M) is within, in `limit`s, for turns about axes (m, 3).

    What faces along the axis weighs little: a tile's faces turn onto themselves, whatever its outline.
    """
    weight = 1 - (axes @ normals.mT).square()
    ascending, order = distances.sort(dim=-1)
    share = weight.gather(-1, order).cumsum(-1)
    index = (share < MOST * share[:, -1:]).sum(-1, keepdim=True).clamp(max=distances.shape[-1] - 1)
    return ascending.gather(-1, index)[:, 0] / limit


def _body_axis(surface: SampledSurface, candidates: SE3) -> ContinuousSymmetry | None:
    """The axis about which most of the surface is one of revolution, if any is."""
    for axis, point in _lines(surface, candidates):
        if _revolution_misfit(surface, axis, point, stride=8) > LIKELY_REVOLUTION:
            continue
        axis, point = refined_line(surface, axis, point, MOST_OF_REVOLUTION)
        if _revolution_misfit(surface, axis, point, stride=2) <= 1:
            return ContinuousSymmetry(axis, point)
    return None


def _lines(surface: SampledSurface, candidates: SE3) -> list[tuple[Tensor, Tensor]]:
    """Directions and points of the lines of the best candidates, best first, no two nearly parallel."""
    axes = torch.nn.functional.normalize(candidates.rotation.log(), dim=-1)
    points = fixed_points(candidates)
    found: list[tuple[Tensor, Tensor]] = []
    for index in _misfit(surface, candidates, stride=4).argsort():
        if len(found) < MAX_AXES and not any(is_parallel(axes[index], axis) for axis, _ in found):
            found.append((axes[index], points[index]))
    return found


def _revolution_misfit(surface: SampledSurface, axis: Tensor, point: Tensor, stride: int) -> float:
    """How far most of the surface is from one of revolution about a line; 1 is the limit."""
    turns = rotations_about(axis, point, REVOLUTION_ANGLES)
    distances, _ = surface.distances(turns, stride)
    most = _most(distances, axis.expand(len(turns), 3), surface.normals[::stride], MOST_OF_REVOLUTION)
    return float(most.max())


def _with_flip(surface: SampledSurface, line: ContinuousSymmetry) -> Symmetry:
    """A body of revolution, with its turn end for end where that comes near the surface."""
    flip = end_for_end(surface, line.axis.double(), line.offset.double(), ALIKE)
    gap = surface.distances(flip)[0].clamp(max=GAP_CAP).mean()
    alone = _of_one(line)
    return alone if gap > END_FOR_END else Symmetry(SE3.cat([alone.discrete, flip]), (line,))


def _of_one(line: ContinuousSymmetry) -> Symmetry:
    return Symmetry(SE3.identity((1,), dtype=torch.float64), (line,))


def _finite(surface: SampledSurface, candidates: SE3, orders: Tensor) -> Symmetry:
    return Symmetry(group_of(candidates, orders, lambda motions: _misfit(surface, motions)))
