"""Automatic detection of an object's rotational symmetries from samples of its surface."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry.arrays import ArrayLike, to_float_tensor
from objpose.geometry.se3 import SE3
from objpose.geometry.symmetry import ContinuousSymmetry, Symmetry
from objpose.geometry.symmetry_group import grow_group
from objpose.geometry.symmetry_search import candidate_rotations, fixed_points, refine, rotations_about
from objpose.geometry.symmetry_surface import SampledSurface

MIN_POINTS = 200
# Largest mean colour difference under a symmetry, colours in [0, 1]. Of textured scans, a plain bowl differs
# by 0.015 and a foam brick by 0.007 from themselves turned, a bottle with two labels by 0.043, a soup can by
# 0.053.
COLOR_TOLERANCE = 0.03
# Largest share of the surface that may be marks found nowhere near: of a scanned plain bowl 0.002, of prints
# that differ in letters alone 0.006 and more.
MARK_TOLERANCE = 0.003
# Lines closer than this are one axis.
SAME_AXIS = math.radians(6)
# An axis of this order or more may be one of revolution.
MIN_REVOLUTION_ORDER = 5
MAX_REVOLUTION_TRIALS = 4
# The worst of many angles may miss by a little more than one alone: a scanned can by 1.02 tolerances.
REVOLUTION_SLACK = 1.1
# No multiple of these angles returns soon: a cog cannot pass for a surface of revolution.
REVOLUTION_ANGLES = torch.arange(1, 25, dtype=torch.float64) * (math.pi * (3 - math.sqrt(5)))


def detect_symmetry(
    points: ArrayLike, normals: ArrayLike, colors: ArrayLike | None = None, tolerance: float = 0.025
) -> Symmetry:
    """The proper rotations, discrete (orders 2 to 12) and continuous, that map a surface onto itself.

    points: (N, 3) drawn evenly from the surface, metres; normals: (N, 3) outward; about 2000 serve well.
    colors: (N, 3) in [0, 1], or None: a symmetry must then keep the colours too.
    tolerance: fraction of the diameter by which 97 % of the moved surface may miss the surface. The default
    takes scans of real products; 0.05 also gives near-symmetries, between which a pose may be confused.

    An axis of revolution comes with its flip, where there is one, as a discrete transform. A sphere is three
    perpendicular continuous axes through its centre.

    Raises:
        InputError: too few points, other shapes, or points without extent.
    """
    surface = SampledSurface.from_samples(*checked_samples(points, normals, colors))
    candidates, orders = candidate_rotations(surface, tolerance)
    likely = _fits(surface, candidates, 1.5 * tolerance, stride=4)
    candidates, orders = candidates[likely], orders[likely]
    symmetry = revolution(surface, candidates, orders, tolerance)
    if symmetry is None:
        symmetry = Symmetry(
            group_of(candidates, orders, lambda motions: _misfit(surface, motions, tolerance))
        )
    return to_object_frame(symmetry, surface)


def checked_samples(
    points: ArrayLike, normals: ArrayLike, colors: ArrayLike | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    points = to_float_tensor(points).detach().cpu()
    if points.ndim != 2 or points.shape[1] != 3 or len(points) < MIN_POINTS:
        found, expected = f"points of shape {tuple(points.shape)}", f"(N, 3), N >= {MIN_POINTS}"
        raise InputError("symmetry detection", found, expected, "sample the surface more densely")
    if not (torch.isfinite(points).all() and (points.amax(0) > points.amin(0)).any()):
        cure = "check the mesh the points were drawn from"
        raise InputError("symmetry detection", "NaN, infinity or one place", "points of a surface", cure)
    others = [to_float_tensor(values).detach().cpu() for values in (normals, colors) if values is not None]
    for values in others:
        if values.shape != points.shape:
            found = f"normals or colors of shape {tuple(values.shape)}"
            raise InputError("symmetry detection", found, tuple(points.shape), "give one row for each point")
    return points, others[0], others[1] if colors is not None else None


def _misfit(surface: SampledSurface, motions: SE3, tolerance: float, stride: int = 1) -> Tensor:
    """(m,) how far each motion is from keeping the surface and its colours; 1 is the limit.

    Marks are looked at with all samples only: of a quarter too few are on a letter.
    """
    distance, color_difference = surface.mismatch(motions, stride)
    misfit = torch.where(color_difference <= COLOR_TOLERANCE, distance / tolerance, torch.inf)
    return misfit if stride > 1 else _with_marks(surface, motions, misfit)


def _with_marks(surface: SampledSurface, motions: SE3, misfit: Tensor) -> Tensor:
    """The same, infinite for motions that fit and move a mark."""
    fitting = (misfit <= 1).nonzero()[:, 0]
    if surface.paint is None or len(fitting) == 0:
        return misfit
    moves = surface.marks_missed(motions[fitting]) > MARK_TOLERANCE
    return misfit.index_fill(0, fitting[moves], torch.inf)


def _fits(surface: SampledSurface, motions: SE3, tolerance: float, stride: int = 1) -> Tensor:
    if len(motions) == 0:
        return torch.zeros(0, dtype=torch.bool)
    return _misfit(surface, motions, tolerance, stride) <= 1


def revolution(surface: SampledSurface, candidates: SE3, orders: Tensor, tolerance: float) -> Symmetry | None:
    """The symmetry of a surface of revolution, or None for any other."""
    tried: list[Tensor] = []
    for index in orders.argsort(descending=True, stable=True):
        axis = torch.nn.functional.normalize(candidates[index].rotation.log(), dim=-1)
        if orders[index] < MIN_REVOLUTION_ORDER or len(tried) == MAX_REVOLUTION_TRIALS:
            return None
        if any(is_parallel(axis, other) for other in tried):
            continue
        tried.append(axis)
        axis, centre = refined_line(surface, axis, fixed_points(candidates[index][None])[0], tolerance)
        if _is_revolution(surface, axis, centre, tolerance):
            return _with_flip_or_sphere(surface, axis, centre, tolerance)
    return None


def is_parallel(axis: Tensor, other: Tensor) -> bool:
    return float((axis * other).sum().abs()) > math.cos(SAME_AXIS)


def _is_revolution(surface: SampledSurface, axis: Tensor, centre: Tensor, tolerance: float) -> bool:
    turns = rotations_about(axis, centre, REVOLUTION_ANGLES)
    if not bool(_fits(surface, turns, REVOLUTION_SLACK * tolerance, stride=2).all()):
        return False
    return bool((surface.marks_missed(turns) <= MARK_TOLERANCE).all())


def refined_line(
    surface: SampledSurface, axis: Tensor, centre: Tensor, tolerance: float
) -> tuple[Tensor, Tensor]:
    """Direction and point of a line of symmetry, fitted with all samples through turns of several angles."""
    turns = rotations_about(axis, centre, 2 * math.pi / torch.tensor([2.0, 3.0, 5.0], dtype=torch.float64))
    turns = refine(surface, turns, tolerance, stride=1)
    axes = torch.nn.functional.normalize(turns.rotation.log(), dim=-1)
    axes = axes * (axes @ axis).sign()[:, None]
    return torch.nn.functional.normalize(axes.mean(0), dim=-1), fixed_points(turns).mean(0)


def _with_flip_or_sphere(surface: SampledSurface, axis: Tensor, centre: Tensor, tolerance: float) -> Symmetry:
    """Look for the half turn that swaps the ends of an axis of revolution, and for a whole sphere."""
    flip = end_for_end(surface, axis, centre, tolerance)
    identity = SE3.identity((1,), dtype=torch.float64)
    if not bool(_fits(surface, flip, tolerance)):
        return Symmetry(identity, (ContinuousSymmetry(axis, centre),))
    across, middle = torch.nn.functional.normalize(flip[0].rotation.log(), dim=-1), fixed_points(flip)[0]
    if not _is_revolution(surface, across, middle, tolerance):
        return Symmetry(SE3.cat([identity, flip]), (ContinuousSymmetry(axis, centre),))
    return Symmetry(identity, tuple(ContinuousSymmetry(line, middle) for line in torch.eye(3)))


def end_for_end(surface: SampledSurface, axis: Tensor, centre: Tensor, tolerance: float) -> SE3:
    """(1,) the half turn that swaps the ends of an axis of revolution, about where that fits best."""
    half = torch.tensor([math.pi], dtype=torch.float64)
    across = torch.linalg.svd(axis[None]).Vh[1]
    half_turn = refine(surface, rotations_about(across, centre, half), tolerance, stride=1)
    middle = centre + ((fixed_points(half_turn)[0] - centre) @ axis) * axis
    return rotations_about(across, middle, half)


def group_of(candidates: SE3, orders: Tensor, misfit: Callable[[SE3], Tensor]) -> SE3:
    """(n,) the group of those candidates, rotations by 2 pi / order, that fit together; identity first.

    misfit: of motions (m,), at most 1 for those that fit.
    """
    generators = _cyclic_generators(candidates, orders, misfit)
    return grow_group(generators, lambda motions: misfit(motions) <= 1)


def _cyclic_generators(candidates: SE3, orders: Tensor, misfit: Callable[[SE3], Tensor]) -> list[SE3]:
    """Rotations by 2 pi / order all of whose powers fit, best first; of each axis only the highest order."""
    found: list[tuple[float, float, Tensor, SE3]] = []
    axes = torch.nn.functional.normalize(candidates.rotation.log(), dim=-1)
    for index in orders.argsort(descending=True, stable=True):
        order, axis = int(orders[index]), axes[index]
        if any(is_parallel(axis, other) and other_order % order == 0 for _, other_order, other, _ in found):
            continue
        # At 2 pi / 12 alone any surface is near itself; the larger powers decide.
        angles = torch.arange(1, order // 2 + 1, dtype=torch.float64) * (2 * math.pi / order)
        powers = rotations_about(axis, fixed_points(candidates[index][None])[0], angles)
        worst = float(misfit(powers).max())
        if worst <= 1:
            found.append((worst, order, axis, powers[0]))
    return [generator for _, _, _, generator in sorted(found, key=lambda item: item[0])]


def to_object_frame(symmetry: Symmetry, surface: SampledSurface) -> Symmetry:
    centroid, diameter = surface.centroid, surface.diameter
    rotation = symmetry.discrete.rotation
    translation = centroid - rotation.apply(centroid) + diameter * symmetry.discrete.translation
    lines = tuple(
        ContinuousSymmetry(_canonical(line.axis), centroid + diameter * line.offset)
        for line in symmetry.continuous
    )
    return Symmetry(SE3.from_rotation_translation(rotation, translation).to(torch.float32), lines)


def _canonical(axis: Tensor) -> Tensor:
    """Of the two directions of a line, the one whose largest component is positive."""
    return axis * axis[axis.abs().argmax()].sign()
