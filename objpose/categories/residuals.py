"""Residuals of instances against what a frame shows, in pose, size and shape at once.

Three kinds: measured points lie on the surface; nothing of the body lies where nothing can be
(`free_space.py`); and sizes and forms are those of the category.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.categories.free_space import in_the_way, under
from objpose.categories.instances import Instances
from objpose.categories.observation import Observation
from objpose.categories.triangles import closest_on_triangles
from objpose.geometry import NormalEquations
from objpose.robust import tukey

CANDIDATES = 3  # triangles, of the nearest centres, among which the nearest point is looked for
NORMAL_REACH = 0.25  # of the span: what turning a normal by a radian is worth as a distance
STRIDE = 3  # one in so many vertices is looked at for what is in the way
FLAT = 1e-3  # of a squared distance: what of it may lie along the surface without going past its end


@dataclass(frozen=True)
class ResidualOptions:
    surface: float = 60.0  # independent observations that all measured points are worth
    free: float = 60.0  # the same of the body's vertices, were each of them in the way
    sigma: float = 0.015  # of the span: how far surfaces are from those of the model
    least_sigma: float = 0.0015  # metres: noise of depth
    border: float = 1.5  # pixels that a mask's border may be off


class Surface(NamedTuple):
    """Surfaces of B instances, object frame."""

    extents: Tensor  # (B, 3)
    unit: Tensor  # (B, V, 3)
    corners: Tensor  # (B, F, 3, 3) metres
    normals: Tensor  # (B, F, 3) outward, unit


def surface_of(instances: Instances) -> Surface:
    extents, unit = instances.model.parts_of(instances.latent)
    corners = (extents[:, None] * unit)[:, instances.model.faces]
    a, b, c = corners.unbind(2)
    normals = torch.nn.functional.normalize(torch.linalg.cross(b - a, c - a), dim=-1, eps=1e-20)
    return Surface(extents, unit, corners, normals)


@dataclass(frozen=True, eq=False)
class Residuals:
    """Of instances in one observation. points, normals: (N, 3) camera frame, some of its cloud."""

    observation: Observation
    points: Tensor
    normals: Tensor
    reach: float  # metres: distances beyond are outliers
    options: ResidualOptions

    @property
    def sigma(self) -> float:
        return max(self.options.sigma * self.observation.span, self.options.least_sigma)

    def __call__(self, instances: Instances) -> NormalEquations:
        """Of B instances, in 6 + D unknowns, see `Instances.moved`."""
        surface = surface_of(instances)
        return self._surface(instances, surface).plus(self._free(instances, surface)).plus(_prior(instances))

    def _surface(self, instances: Instances, surface: Surface) -> NormalEquations:
        """Distances of measured points from the nearest of the surface that faces the camera as they do."""
        obj_from_cam = instances.cam_from_obj.inverse()
        points = obj_from_cam.apply_points(self.points)
        face, weights = self._nearest(points, self.normals @ obj_from_cam.rotation.matrix().mT, surface)
        batch = torch.arange(len(points))[:, None]
        gap = (weights[..., None] * surface.corners[batch, face]).sum(2) - points
        normals = surface.normals[batch, face]
        across, squared = (gap * normals).sum(-1), gap.square().sum(-1)
        # Past the end of the surface the way back to it is not along its normal.
        is_past = squared - across.square() > FLAT * squared + 1e-12
        distance = torch.where(is_past, squared.sqrt(), across)
        direction = torch.where(is_past[..., None], gap / distance[..., None], normals)
        vertices = instances.model.faces[face]  # (B, N, 3)
        modes = (weights[..., None, :] @ instances.model.modes_by_vertex[vertices])[..., 0, :]
        unit = (weights[..., None] * surface.unit[batch[..., None], vertices]).sum(2)
        rows = _rows(instances, surface.extents, unit, modes.unflatten(-1, (-1, 3)), direction)
        scale = self.options.surface / (points.shape[1] * self.sigma**2)
        return self._equations(rows, distance, torch.ones_like(distance)).times(scale)

    def _nearest(self, points: Tensor, normals: Tensor, surface: Surface) -> tuple[Tensor, Tensor]:
        """(B, N) face and (B, N, 3) barycentric weights of the nearest surface points; object frame."""
        worth = NORMAL_REACH * self.observation.span
        sought = torch.cat([points, worth * normals], -1)
        offered = torch.cat([surface.corners.mean(2), worth * surface.normals], -1)
        squared = torch.baddbmm(offered.square().sum(-1)[:, None], sought, offered.mT, alpha=-2)
        face = squared.topk(CANDIDATES, dim=-1, largest=False, sorted=False).indices
        corners = surface.corners[torch.arange(len(points))[:, None, None], face]
        weights = closest_on_triangles(points[:, :, None], corners)
        spot = (weights[..., None] * corners).sum(-2)
        best = (spot - points[:, :, None]).square().sum(-1).argmin(-1, keepdim=True)
        return face.gather(2, best)[..., 0], weights.gather(2, best[..., None].expand(-1, -1, 1, 3))[:, :, 0]

    def _free(self, instances: Instances, surface: Surface) -> NormalEquations:
        """Vertices that the frame shows to be nowhere."""
        unit = surface.unit[:, ::STRIDE]
        vertices = instances.cam_from_obj.apply_points(surface.extents[:, None] * unit)
        seen = in_the_way(vertices, self.observation, self.sigma, self.options.border)
        off, direction, weight = seen.joined(under(vertices, self.observation, self.sigma))
        in_object = direction @ instances.cam_from_obj.rotation.matrix()
        modes = instances.model.modes_by_vertex[::STRIDE].unflatten(-1, (-1, 3))
        twice = unit.repeat(1, 2, 1), modes.repeat(2, 1, 1)
        rows = _rows(instances, surface.extents, *twice, in_object)
        scale = self.options.free / (vertices.shape[1] * self.sigma**2)
        return self._equations(rows, off, weight).times(scale)

    def _equations(self, rows: Tensor, residual: Tensor, weight: Tensor) -> NormalEquations:
        """Of residuals (B, P) with derivatives (B, P, 6 + D), robust beyond the reach."""
        cost, robust = tukey(residual.square(), self.reach)
        weighted = rows * (weight * robust)[..., None]
        gradient = (weighted.mT @ residual[..., None])[..., 0]
        return NormalEquations(weighted.mT @ rows, gradient, (weight * cost).sum(1))


def _prior(instances: Instances) -> NormalEquations:
    """Latents are standard normal."""
    latent = instances.latent
    normal = torch.diag(torch.cat([torch.zeros(6), torch.ones(latent.shape[1])]))
    gradient = torch.cat([latent.new_zeros(len(latent), 6), latent], dim=1)
    return NormalEquations(normal.expand(len(latent), -1, -1), gradient, latent.square().sum(1) / 2)


def _rows(instances: Instances, extents: Tensor, unit: Tensor, modes: Tensor, direction: Tensor) -> Tensor:
    """(B, P, 6 + D) how far surface points move along directions (B, P, 3), object axes, with the unknowns.

    extents: (B, 3); unit: (B, P, 3) the points on bodies of extent 1; modes: (B or none, P, K, 3) theirs.
    """
    arm = extents[:, None] * unit
    rotation = instances.cam_from_obj.rotation.matrix().mT
    stretched = direction * extents[:, None]
    values = torch.cat([direction * arm, (modes @ stretched[..., None])[..., 0]], -1)
    turn = torch.linalg.cross(arm, direction)
    return torch.cat([direction @ rotation, turn @ rotation, values @ instances.model.latent_scale], -1)
