"""Residuals of instances against what a frame shows, in pose, size and shape at once.

Three kinds: measured points lie on the surface; nothing of the body lies where the frame shows that nothing
is, outside the mask before a background, or within it before what was measured; and sizes and forms are
those of the category.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.categories.instances import Instances
from objpose.categories.observation import Observation
from objpose.crops import Crop
from objpose.geometry import NormalEquations
from objpose.robust.losses import tukey

CANDIDATES = 3  # triangles, of the nearest centres, among which the nearest point is looked for
NORMAL_REACH = 0.5  # of the span: what turning a normal by a radian is worth as a distance
ALONG = 0.5  # weight of a gap along the surface, past its end, against one across it
BLIND = 0.3  # weight outside the mask where no depth was measured: something may hide it


@dataclass(frozen=True)
class ResidualOptions:
    surface: float = 60.0  # independent observations that all measured points are worth
    free: float = 60.0  # the same of the body's vertices, were each of them in the way
    sigma: float = 0.015  # of the span: how far surfaces are from those of the model
    least_sigma: float = 0.0015  # metres: noise of depth
    border: float = 1.5  # pixels that a mask's border may be off


class Surface(NamedTuple):
    """Posed surfaces of B instances, object frame."""

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

    def data_cost(self, instances: Instances) -> Tensor:
        """(B,) without the category's."""
        surface = surface_of(instances)
        return self._surface(instances, surface).cost + self._free(instances, surface).cost

    def _surface(self, instances: Instances, surface: Surface) -> NormalEquations:
        """Measured points against the nearest of the surface that faces the camera as they do."""
        obj_from_cam = instances.cam_from_obj.inverse()
        points = obj_from_cam.apply_points(self.points)
        face, weights = self._nearest(points, obj_from_cam.rotation.matrix() @ self.normals.mT, surface)
        batch = torch.arange(len(points))[:, None]
        vertices = instances.model.faces[face]  # (B, N, 3)
        found = (weights[..., None] * surface.corners[batch, face]).sum(2)
        normals = surface.normals[batch, face]
        gap = found - points
        across = (gap * normals).sum(-1)
        past = gap - across[..., None] * normals
        along = past.norm(dim=-1)
        jacobian = _jacobian(instances, surface, weights, vertices)
        sides = (across, normals, 1.0), (along, past / along.clamp_min(1e-6)[..., None], ALONG)
        squared = across.square() + ALONG * along.square()
        _, robust = tukey(squared, self.reach)
        total: NormalEquations | None = None
        for residual, direction, weight in sides:
            part = _equations(instances, direction, jacobian, residual, weight * robust)
            total = part if total is None else total.plus(part)
        assert total is not None
        cost = tukey(squared, self.reach)[0].sum(1)
        scale = self.options.surface / (points.shape[1] * self.sigma**2)
        return NormalEquations(total.normal, total.gradient, cost).times(scale)

    def _nearest(self, points: Tensor, normals: Tensor, surface: Surface) -> tuple[Tensor, Tensor]:
        """(B, N) face and (B, N, 3) barycentric weights of the nearest surface point, object frame."""
        worth = NORMAL_REACH * self.observation.span / 2
        sought = torch.cat([points, worth * normals.mT], -1)
        offered = torch.cat([surface.corners.mean(2), worth * surface.normals], -1)
        face = torch.cdist(sought, offered).topk(CANDIDATES, dim=-1, largest=False).indices
        batch = torch.arange(len(points))[:, None, None]
        weights = _closest_on_triangle(points[:, :, None], surface.corners[batch, face])
        spot = (weights[..., None] * surface.corners[batch, face]).sum(-2)
        best = (spot - points[:, :, None]).square().sum(-1).argmin(-1, keepdim=True)
        return face.gather(2, best)[..., 0], weights.gather(2, best[..., None].expand(-1, -1, 1, 3))[:, :, 0]

    def _free(self, instances: Instances, surface: Surface) -> NormalEquations:
        """Vertices that the frame shows to be nowhere."""
        crop, options = self.observation.crop, self.options
        vertices = instances.cam_from_obj[:, None].apply(surface.extents[:, None] * surface.unit)
        off, direction, weight = _in_the_way(vertices, self.observation, self.sigma, options.border)
        identity = torch.eye(3).expand(*vertices.shape[:2], 3, 3)
        every = torch.arange(vertices.shape[1])[:, None].expand(-1, 3).expand(*vertices.shape[:2], 3)
        jacobian = _jacobian(instances, surface, identity[:, :, 0], every)
        in_object = direction @ instances.cam_from_obj.rotation.matrix()
        cost, robust = tukey(off.square(), self.reach)
        equations = _equations(instances, in_object, jacobian, off, weight * robust)
        scale = options.free / (vertices.shape[1] * self.sigma**2)
        assert crop is not None
        return NormalEquations(equations.normal, equations.gradient, (weight * cost).sum(1)).times(scale)


def _prior(instances: Instances) -> NormalEquations:
    """Latents are standard normal."""
    latent = instances.latent
    normal = torch.diag(torch.cat([torch.zeros(6), torch.ones(latent.shape[1])]))
    gradient = torch.cat([latent.new_zeros(len(latent), 6), latent], dim=1)
    return NormalEquations(normal.expand(len(latent), -1, -1), gradient, latent.square().sum(1) / 2)


class Jacobian(NamedTuple):
    """How P surface points of B instances move, in object axes."""

    arm: Tensor  # (B, P, 3) from the origin to the point
    latent: Tensor  # (B, P, 3, D)


def _jacobian(instances: Instances, surface: Surface, weights: Tensor, vertices: Tensor) -> Jacobian:
    """Of points that are weights (B, P, 3) of vertices (B, P, 3)."""
    model = instances.model
    batch = torch.arange(len(instances))[:, None, None]
    unit = (weights[..., None] * surface.unit[batch, vertices]).sum(2)
    modes = torch.einsum("bpw,kbpwc->bpck", weights, model.modes[:, vertices])
    arm = surface.extents[:, None] * unit
    by_value = torch.cat([torch.diag_embed(arm), surface.extents[:, None, :, None] * modes], -1)
    return Jacobian(arm, by_value @ model.latent_scale)


def _equations(
    instances: Instances, direction: Tensor, jacobian: Jacobian, residual: Tensor, weight: Tensor
) -> NormalEquations:
    """Of residuals (B, P) that change by direction . movement; direction (B, P, 3) in object axes."""
    rotation = instances.cam_from_obj.rotation.matrix()
    shift = direction @ rotation.mT
    turn = torch.linalg.cross(jacobian.arm, direction) @ rotation.mT
    latent = (direction[..., None, :] @ jacobian.latent)[..., 0, :]
    rows = torch.cat([shift, turn, latent], -1)
    weighted = rows * weight[..., None]
    gradient = (weighted * residual[..., None]).sum(1)
    return NormalEquations(weighted.mT @ rows, gradient, (weight * residual.square()).sum(1) / 2)


def _in_the_way(
    vertices: Tensor, observation: Observation, slack: float, border: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Of vertices (B, V, 3), camera frame: metres that each would have to move, where to, and its weight.

    (B, V), (B, V, 3) and (B, V); the direction is how the distance grows, and 0 is said of what may be.
    """
    crop = observation.crop
    z = vertices[..., 2].clamp_min(0.02)
    focal = float(crop.camera.fx + crop.camera.fy) / 2
    ray = vertices[..., :2] / z[..., None]
    pixel = ray * torch.tensor([crop.camera.fx, crop.camera.fy]) + torch.tensor(
        [crop.camera.cx, crop.camera.cy]
    )
    column, row, inside = _pixels(pixel, crop)
    measured, in_mask = crop.depth[row, column], crop.mask[row, column]
    apart = pixel - observation.nearest[row, column]
    length = apart.norm(dim=-1)
    outside = (length - border).clamp_min(0.0) * z / focal
    outward = apart / length.clamp_min(1e-6)[..., None]
    sideways = torch.cat([outward, -(outward * ray).sum(-1, keepdim=True)], -1)
    through = (measured - slack - z).clamp_min(0.0) * (measured > 0)
    hidden = (measured > 0) & (measured < z - slack)
    weight = torch.where(measured > 0, 1.0, BLIND) * ~hidden * inside
    toward = torch.tensor([0.0, 0.0, -1.0]).expand_as(sideways)
    off = torch.where(in_mask, through, outside)
    return off, torch.where(in_mask[..., None], toward, sideways), torch.where(in_mask, 1.0, weight)


def _pixels(pixel: Tensor, crop: Crop) -> tuple[Tensor, Tensor, Tensor]:
    """Column and row, clamped into the crop, and whether the frame covers that pixel."""
    column, row = pixel.round().clamp(0, crop.size - 1).long().unbind(-1)
    return column, row, crop.inside[row, column]


def _closest_on_triangle(points: Tensor, corners: Tensor) -> Tensor:
    """(*, 3) barycentric weights of the nearest points of triangles (*, 3, 3) to points (*, 3).

    Ericson (Real-Time Collision Detection, 2005, 5.1.5), all cases at once: the plane's point where it is
    inside, else the nearest of the three edges'.
    """
    a, b, c = corners.unbind(-2)
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    area = (d00 * d11 - d01 * d01).clamp_min(1e-20)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    plane = torch.stack([1 - v - w, v, w], -1)
    on_ab = (d20 / d00.clamp_min(1e-20)).clamp(0, 1)
    on_ac = (d21 / d11.clamp_min(1e-20)).clamp(0, 1)
    bc = c - b
    on_bc = (((points - b) * bc).sum(-1) / (bc * bc).sum(-1).clamp_min(1e-20)).clamp(0, 1)
    none = torch.zeros_like(v)
    edges = torch.stack(
        [
            torch.stack([1 - on_ab, on_ab, none], -1),
            torch.stack([1 - on_ac, none, on_ac], -1),
            torch.stack([none, 1 - on_bc, on_bc], -1),
        ],
        -2,
    )
    spots = edges @ corners
    nearest = (spots - points[..., None, :]).square().sum(-1).argmin(-1)
    edge = edges.gather(-2, nearest[..., None, None].expand(*nearest.shape, 1, 3))[..., 0, :]
    is_inside = (plane >= 0).all(-1, keepdim=True)
    return torch.where(is_inside, plane, edge)
