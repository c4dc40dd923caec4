"""The planes that carry or close off a scene: table, floor, walls."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.robust import RansacOptions, ransac, uniform_samples

MAX_PLANES = 5
SEARCHED_POINTS = 4_000  # of the frame, on an even grid
TOLERANCE = 0.008  # of the depth: distance to a plane that RANSAC calls agreement
LEAST_SHARE = 0.06  # of the searched points on a plane; smaller ones hide no object's background
LEAST_CUT, CUT_SIGMAS = 0.0035, 3.0  # of the depth, and of the plane's own noise: what belongs to the plane
LAYER_ANGLE, LAYER_GAP = 0.97, 0.03  # cosine and metres within which a plane repeats an earlier one, warped
SPREAD = 0.9  # share of a plane's points that its extent must hold
RANSAC = RansacOptions(max_iterations=400, min_iterations=200, batch_size=200, refine_best=4)


@dataclass(frozen=True, eq=False)
class Plane:
    """n . x + offset = 0 in the camera frame; n unit, towards the camera, so that offset > 0."""

    normal: Tensor  # (3,)
    offset: float  # metres: the camera's height above the plane
    cut: float  # of the depth: what lies within belongs to the plane

    def height(self, points: Tensor) -> Tensor:
        """(*,) metres above the plane of points (*, 3)."""
        return points @ self.normal + self.offset


class PlaneEstimator:
    """Estimator contract of objpose.robust.ransac for points (N, 3) with a tolerance (N,) each, metres.

    A model is (4,): unit normal and offset.
    """

    sample_size = 3

    def __init__(self, points: Tensor, tolerance: Tensor):
        self.points, self.tolerance = points, tolerance
        self.num_data = len(points)

    def draw(self, generator: torch.Generator, count: int) -> Tensor:
        return uniform_samples(generator, count, self.sample_size, self.num_data)

    def generate(self, samples: Tensor) -> Tensor:
        a, b, c = self.points[samples].unbind(1)
        normal = torch.linalg.cross(b - a, c - a)
        length = normal.norm(dim=-1, keepdim=True)
        solid = length[:, 0] > 1e-8
        normal, a = (normal / length)[solid], a[solid]
        return torch.cat([normal, -(normal * a).sum(-1, keepdim=True)], dim=-1)

    def score(self, models: Tensor) -> tuple[Tensor, Tensor]:
        squared = self._squared_error(models)
        return squared.clamp(max=1.0).mean(-1), (squared < 1.0).float().mean(-1)

    def refine(self, models: Tensor) -> Tensor:
        return torch.stack(
            [self._fitted(model, inlier) for model, inlier in zip(models, self._inlier(models), strict=True)]
        )

    def _fitted(self, model: Tensor, inlier: Tensor) -> Tensor:
        if int(inlier.sum()) < self.sample_size:
            return model
        points, weight = self.points[inlier], 1 / self.tolerance[inlier].square()
        centre = (points * weight[:, None]).sum(0) / weight.sum()
        spread = (points - centre) * weight.sqrt()[:, None]
        normal = torch.linalg.eigh((spread.mT @ spread).double()).eigenvectors[:, 0].float()
        return torch.cat([normal, -(normal @ centre)[None]])

    def _inlier(self, models: Tensor) -> Tensor:
        return self._squared_error(models) < 1.0

    def _squared_error(self, models: Tensor) -> Tensor:
        distance = models[:, :3] @ self.points.T + models[:, 3:]
        return (distance / self.tolerance).square()


def find_planes(points: Tensor, least_extent: float, seed: int) -> list[Plane]:
    """The large planes among points (H, W, 3), metres, camera frame, zero = missing; the largest first.

    A plane counts from `least_extent` metres across both ways on: smaller ones are faces of objects.
    """
    stride = max(1, round((points.shape[0] * points.shape[1] / SEARCHED_POINTS) ** 0.5))
    left = points[stride // 2 :: stride, stride // 2 :: stride].reshape(-1, 3)
    left = left[left[:, 2] > 0]
    least, planes = LEAST_SHARE * len(left), list[Plane]()
    for _ in range(MAX_PLANES):
        if len(left) < max(least, PlaneEstimator.sample_size):
            break
        found = _largest_plane(left, seed)
        if found is None or int(_belongs(found, left).sum()) < least:
            break
        belongs = _belongs(found, left)
        repeats = any(_is_layer(found, left[belongs], plane) for plane in planes)
        if not repeats and _extent(left[belongs]) >= least_extent:
            planes.append(found)
        left = left[~belongs]
    return planes


def on_planes(planes: list[Plane], points: Tensor) -> Tensor:
    """(H, W) bool: points (H, W, 3) that belong to one of the planes; missing ones belong to none."""
    on = torch.zeros(points.shape[:2], dtype=torch.bool)
    for plane in planes:
        on |= _belongs(plane, points)
    return on & (points[..., 2] > 0)


def _largest_plane(points: Tensor, seed: int) -> Plane | None:
    tolerance = TOLERANCE * points[:, 2]
    models, _ = ransac(PlaneEstimator(points, tolerance), RANSAC, seed)
    if not len(models):
        return None
    model = models[0] if models[0, 3] > 0 else -models[0]
    relative = (points @ model[:3] + model[3]).abs() / points[:, 2]
    near = relative < TOLERANCE
    sigma = float(relative[near].median()) / 0.6745 if bool(near.any()) else 0.0
    return Plane(model[:3], float(model[3]), min(max(LEAST_CUT, CUT_SIGMAS * sigma), TOLERANCE))


def _is_layer(plane: Plane, points: Tensor, earlier: Plane) -> bool:
    """Whether a plane, with its points (N, 3), only follows an earlier one: sensors bend large planes."""
    parallel = float(plane.normal @ earlier.normal) > LAYER_ANGLE
    return parallel and float(earlier.height(points).abs().median()) < LAYER_GAP


def _belongs(plane: Plane, points: Tensor) -> Tensor:
    return plane.height(points).abs() < plane.cut * points[..., 2]


def _extent(points: Tensor) -> float:
    """Metres that most of the points of a plane spread over, in its shorter direction."""
    centred = points - points.mean(0)
    _, _, axes = torch.linalg.svd(centred, full_matrices=False)
    along = centred @ axes[:2].T
    margin = (1 - SPREAD) / 2
    low, high = along.quantile(torch.tensor([margin, 1 - margin]), dim=0)
    return float((high - low).min()) / SPREAD
