"""Finding the rotations that map a sampled surface onto itself."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.geometry.grids import view_directions
from objpose.geometry.se3 import SE3
from objpose.geometry.so3 import SO3
from objpose.geometry.symmetry_surface import SampledSurface

MAX_ORDER = 12
N_AXES = 1500
# Samples moved in the coarse search, and in the two passes of the refinement.
N_COARSE = 250
N_REFINE = (100, 300)
REFINE_STEPS = 4
# Voxels along one side of the distance field of the coarse search.
FIELD_SIZE = 48
# Candidate axes of one order kept, and the least angle between them.
MAX_AXES_PER_ORDER = 16
MIN_AXIS_ANGLE = math.radians(10)
# Growth of the mean coarse distance, in diameters, for an axis half a grid step off.
GRID_SLACK = 0.01
# Rotations closer than this, after a first refinement, go to the same end.
SAME_ROTATION = math.radians(3)
# How far a refined rotation may be from 2 pi / order.
MAX_ANGLE_ERROR = math.radians(3)


def candidate_rotations(surface: SampledSurface, tolerance: float) -> tuple[SE3, Tensor]:
    """Rotations (B,) by 2 pi / order that nearly map the surface onto itself, and their orders (B,)."""
    axes, orders = _coarse_axes(surface, tolerance)
    angles = 2 * math.pi / orders
    start = SE3.from_rotation_translation(SO3.exp(axes * angles[:, None]), torch.zeros_like(axes))
    for n_points in N_REFINE:
        start = start[first_of_each(start.rotation, SAME_ROTATION)]
        refined = refine(surface, start, tolerance, stride=max(1, len(surface.points) // n_points))
        start = refined
    return as_turns(refined)


def as_turns(motions: SE3) -> tuple[SE3, Tensor]:
    """Of motions (B,), those that nearly are rotations by 2 pi / order, as exactly such, and their orders."""
    angles = motions.rotation.angle()
    orders = (2 * math.pi / angles.clamp(min=0.1)).round().clamp(2, MAX_ORDER)
    is_turn = (angles - 2 * math.pi / orders).abs() < MAX_ANGLE_ERROR
    motions, orders = motions[is_turn], orders[is_turn]
    # What screw there is along the axis is dropped.
    axes = torch.nn.functional.normalize(motions.rotation.log(), dim=-1)
    return rotations_about(axes, fixed_points(motions), 2 * math.pi / orders), orders


def _coarse_axes(surface: SampledSurface, tolerance: float) -> tuple[Tensor, Tensor]:
    """Unit axes (B, 3) and orders (B,) whose rotations about the centroid score well in a distance field."""
    axes, scores, still = _axis_scores(surface.points.numpy().tobytes())
    limit = still + GRID_SLACK + tolerance / 2
    found_axes, found_orders = [], []
    for order, of_order in scores.items():
        for index in _separated_minima(of_order, axes, limit):
            found_axes.append(axes[index])
            found_orders.append(float(order))
    if not found_axes:
        return torch.zeros(0, 3, dtype=torch.float64), torch.zeros(0, dtype=torch.float64)
    return torch.stack(found_axes), torch.tensor(found_orders, dtype=torch.float64)


@lru_cache(maxsize=1)  # symmetries and near-symmetries of one surface are looked for in turn
def _axis_scores(samples: bytes) -> tuple[Tensor, dict[int, Tensor], float]:
    """Unit axes (A, 3); the mean distances (A,) from the surface of samples turned about them, by order;
    and that of samples left where they are.

    samples: of a surface, (N, 3) float64.
    """
    points = torch.frombuffer(bytearray(samples), dtype=torch.float64).reshape(-1, 3)
    axes, field = _axis_grid(points), _distance_field(points)
    points = points[:: max(1, len(points) // N_COARSE)].float()
    scores = {}
    for order in range(2, MAX_ORDER + 1):
        rotations = SO3.exp(axes * (2 * math.pi / order)).matrix().float()
        scores[order] = _sample_field(field, points @ rotations.mT).mean(1)
    return axes, scores, float(_sample_field(field, points[None]).mean())


def _axis_grid(points: Tensor) -> Tensor:
    """Half a sphere of unit axes (A, 3), after the principal axes, which are exact where inertia decides."""
    principal = torch.linalg.eigh(points.mT @ points).eigenvectors.mT
    return torch.cat([principal, view_directions(2 * N_AXES)[:N_AXES].double()])


def _distance_field(points: Tensor) -> Tensor:
    """(1, 1, D, D, D) distances to points (N, 3) over the cube [-1, 1]^3, indexed z, y, x.

    Infinite where no turn about the origin takes any of the points, nor a neighbour of their voxel.
    """
    side = torch.linspace(-1, 1, FIELD_SIZE, dtype=torch.float64)
    z, y, x = torch.meshgrid(side, side, side, indexing="ij")
    centres = torch.stack([x, y, z], dim=-1)
    reached = centres.norm(dim=-1) < points.norm(dim=-1).max() + 2 * 3**0.5 * (side[1] - side[0])
    field = torch.full(reached.shape, torch.inf)
    distances, _ = cKDTree(points.numpy()).query(centres[reached].numpy())
    field[reached] = torch.from_numpy(distances).float()
    return field[None, None]


def _sample_field(field: Tensor, points: Tensor) -> Tensor:
    sampled = torch.nn.functional.grid_sample(field, points[None, None], align_corners=True)
    return sampled[0, 0, 0]


def _separated_minima(scores: Tensor, axes: Tensor, limit: float) -> list[int]:
    """Indices of the best axes, no two closer than MIN_AXIS_ANGLE as lines."""
    kept: list[int] = []
    is_free = scores < limit
    cosine = math.cos(MIN_AXIS_ANGLE)
    while len(kept) < MAX_AXES_PER_ORDER and bool(is_free.any()):
        best = int(torch.where(is_free, scores, torch.inf).argmin())
        kept.append(best)
        is_free = is_free & ((axes @ axes[best]).abs() < cosine)
    return kept


def first_of_each(rotations: SO3, same: float) -> list[int]:
    """Indices of the rotations (B,) that are not within the angle `same` of an earlier one that was kept."""
    is_close = ((rotations.wxyz @ rotations.wxyz.mT).abs() > math.cos(same / 2)).numpy()
    kept: list[int] = []
    for i in range(len(is_close)):
        if not is_close[i, kept].any():
            kept.append(i)
    return kept


def refine(surface: SampledSurface, motions: SE3, tolerance: float, stride: int) -> SE3:
    """Motions (B,) after robust point-to-plane ICP of every stride-th sample with the surface."""
    points, normals = surface.points[::stride], surface.normals[::stride]
    scale = 2 * tolerance + 0.5 * surface.spacing
    for _ in range(REFINE_STEPS):
        moved, nearest = surface.match(motions, points, normals)
        normal = surface.normals[nearest]
        residual = ((moved - surface.points[nearest]) * normal).sum(-1)
        weight = 1 / (1 + (residual / scale).square()).square()
        jacobian = torch.cat([normal, torch.linalg.cross(moved, normal)], dim=-1)
        weighted = jacobian * weight[..., None]
        hessian = weighted.mT @ jacobian
        # The damping holds what the surface leaves free, such as turns about an axis of revolution.
        damping = 1e-3 * hessian.diagonal(dim1=-2, dim2=-1).mean(-1)
        hessian = hessian + damping[:, None, None] * torch.eye(6, dtype=hessian.dtype)
        gradient = (weighted * residual[..., None]).sum(-2)
        motions = (SE3.exp(-torch.linalg.solve(hessian, gradient)) @ motions).normalized()
    return motions


def rotations_about(axis: Tensor, centre: Tensor, angles: Tensor) -> SE3:
    """Rotations by `angles` (*,) about lines of direction `axis` (*, 3), unit, through `centre` (*, 3)."""
    rotation = SO3.exp(axis * angles[..., None])
    return SE3.from_rotation_translation(rotation, centre - rotation.apply(centre))


def fixed_points(motions: SE3) -> Tensor:
    """(B, 3) the point of each rotation's line nearest to the origin."""
    identity = torch.eye(3, dtype=motions.wxyz_xyz.dtype)
    # I - R is singular along the axis; the pseudo-inverse picks the point nearest to the origin.
    inverse = torch.linalg.pinv(identity - motions.rotation.matrix(), rtol=1e-4)
    return (inverse @ motions.translation[..., None]).squeeze(-1)
