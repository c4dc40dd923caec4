"""Direct RGB-D alignment: move the pose until the rendered depth and colour lie on the observed ones.

Point-to-plane depth residuals fix what the shape fixes; colour residuals along the image gradient fix what it leaves
open (a label's turn about a can, a print's slide on a box). As in Park, Zhou, Koltun: Colored Point Cloud Registration
Revisited, ICCV 2017, but against a rendering, so that only what is visible takes part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh
from objpose.raster import MeshRender, render_mesh
from objpose.registration.appearance import appearance_channels, fit_light
from objpose.registration.crop import Crop
from objpose.registration.verify import NEAR
from objpose.robust import LMOptions, LMResult, levenberg_marquardt


# Cost of a pixel that the rendering misses, as a colour residual of two sigma has: overlap must not be punished.
MISSED_COLOR = math.log1p(4.0)


@dataclass(frozen=True)
class RefineOptions:
    iterations: int = 8
    reach: float = 0.06  # of the diameter: depth differences beyond are outliers
    depth_sigma: float = 0.01  # of the diameter: depth noise and model error of a pixel
    color_weight: float = 0.3  # of a colour residual of one sigma against a depth residual of one sigma


class PhotometricAlignment:
    """The least-squares problem of one crop; `linearize` and `retract` are what levenberg_marquardt asks for.

    The tangent is a twist about the object's centre, in camera axes: rotation and translation decouple there.
    """

    def __init__(self, mesh: Mesh, crop: Crop, diameter: float, options: RefineOptions):
        self.mesh, self.crop, self.options = mesh, crop, options
        self.reach = options.reach * diameter
        self.sigma = options.depth_sigma * diameter
        self.has_color = mesh.color_source != "none" and options.color_weight > 0
        self.rays = crop.camera.rays().reshape(-1, 3)
        self.observed = appearance_channels(crop.rgb)
        self.gradient = _image_gradient(self.observed)
        self.usable = (crop.mask & (crop.depth > 0)).reshape(-1).float()
        self.centre = mesh.bounds().mean(0)

    def retract(self, params: Tensor, step: Tensor) -> Tensor:
        cam_from_obj = SE3(params)
        centre = SE3.from_rotation_translation(
            torch.eye(3).expand(len(params), 3, 3), cam_from_obj.apply(self.centre)
        )
        moved = centre @ SE3.exp(step.to(params)) @ centre.inverse() @ cam_from_obj
        return moved.normalized().wxyz_xyz

    def linearize(self, params: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """((B, 6, 6), (B, 6), (B,)) at poses params (B, 7) = wxyz_xyz; the cost is a sum over the usable pixels."""
        crop, cam_from_obj = self.crop, SE3(params)
        outputs = ("depth", "normals", "color") if self.has_color else ("depth", "normals")
        render = render_mesh(self.mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=outputs, near=NEAR)
        points = render.depth.flatten(1)[..., None] * self.rays
        arm = points - cam_from_obj.apply(self.centre)[:, None]
        terms = self._depth_terms(render, arm)
        if self.has_color:
            color_terms = self._color_terms(render.color, points, arm, terms.weight)
            terms = _Terms(*(_joined(a, b) for a, b in zip(terms, color_terms, strict=True)))
        weighted = (terms.jacobian * terms.weight[..., None]).mT
        return weighted @ terms.jacobian, (weighted @ terms.residual[..., None])[..., 0], terms.cost

    def _depth_terms(self, render: MeshRender, arm: Tensor) -> _Terms:
        """Point-to-plane residuals under Tukey's biweight of the depth difference."""
        difference = render.depth.flatten(1) - self.crop.depth.flatten()
        normals = render.normals.flatten(1, 2)
        residual = difference * (normals * self.rays).sum(-1) / self.sigma
        both = (render.depth.flatten(1) > 0) * self.usable
        inside = (1 - (difference / self.reach).square()).clamp_min(0.0) * both
        jacobian = torch.cat([normals, torch.linalg.cross(arm, normals)], dim=-1) / self.sigma
        cost = (self.reach / self.sigma) ** 2 / 3 * (self.usable * (1 - inside**3)).sum(1)
        return _Terms(jacobian, residual, inside.square(), cost)

    def _color_terms(self, color: Tensor, points: Tensor, arm: Tensor, overlap: Tensor) -> _Terms:
        """Colour residuals along the image gradient under Cauchy's weight, three channels to a pixel."""
        difference = self.observed.flatten(0, 1) - appearance_channels(color).flatten(1, 2)
        residual = difference - fit_light(difference, overlap)[:, None]
        depth = points[..., 2:].clamp_min(NEAR)
        slope_x, slope_y = self.gradient.flatten(0, 1).unbind(-1)
        along_x, along_y = slope_x * self.crop.camera.fx / depth, slope_y * self.crop.camera.fy / depth
        along_z = -(along_x * points[..., :1] + along_y * points[..., 1:2]) / depth
        towards = torch.stack([along_x, along_y, along_z], dim=-1)
        turn = torch.linalg.cross(arm[..., None, :].expand_as(towards), towards)
        jacobian = torch.cat([towards, turn], dim=-1).flatten(1, 2)
        scale = self.options.color_weight
        mismatch = overlap[..., None] * residual.square().log1p() + (
            (self.usable - overlap) * MISSED_COLOR
        ).clamp_min(0.0)[..., None]
        weight = overlap[..., None] / (1 + residual.square())
        return _Terms(
            jacobian * scale, residual.flatten(1) * scale, weight.flatten(1), scale**2 * mismatch.sum((1, 2))
        )


class _Terms(NamedTuple):
    jacobian: Tensor  # (B, R, 6)
    residual: Tensor  # (B, R)
    weight: Tensor  # (B, R)
    cost: Tensor  # (B,)


def _joined(first: Tensor, second: Tensor) -> Tensor:
    return first + second if first.ndim == 1 else torch.cat([first, second], dim=1)


def _image_gradient(image: Tensor) -> Tensor:
    """(H, W, C, 2) central differences per pixel, along x and y; zero at the border."""
    slope = torch.zeros(*image.shape, 2)
    slope[:, 1:-1, :, 0] = (image[:, 2:] - image[:, :-2]) / 2
    slope[1:-1, :, :, 1] = (image[2:] - image[:-2]) / 2
    return slope


def refine(mesh: Mesh, crop: Crop, cam_from_obj: SE3, diameter: float, options: RefineOptions) -> LMResult:
    """Align poses (B,) to the crop; the result's params are wxyz_xyz, its normal matrix is about the object's centre."""
    problem = PhotometricAlignment(mesh, crop, diameter, options)
    settings = LMOptions(max_iterations=options.iterations, initial_damping=1e-3, step_tolerance=1e-5)
    return levenberg_marquardt(cam_from_obj.wxyz_xyz, problem.linearize, problem.retract, settings)
