"""Direct RGB-D alignment: move the pose until the rendered depth and colour lie on the observed ones.

Point-to-plane depth residuals fix what the shape fixes; colour residuals along the image gradient fix what it
leaves open (a label's turn about a can, a print's slide on a box). As in Park, Zhou, Koltun: Colored Point
Cloud Registration Revisited, ICCV 2017, but against a rendering, so that only what is visible takes part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3, Mesh
from objpose.raster import render_mesh
from objpose.registration.appearance import appearance_channels, fit_light
from objpose.registration.crop import Crop
from objpose.registration.verify import NEAR
from objpose.robust import LMOptions, LMResult, levenberg_marquardt

# Cost of a pixel that the rendering misses, as a colour residual of two sigma has: overlap must not be
# punished.
MISSED_COLOR = math.log1p(4.0)


@dataclass(frozen=True)
class RefineOptions:
    reach: float = 0.06  # of the diameter: depth differences beyond are outliers
    depth_sigma: float = 0.01  # of the diameter: depth noise and model error of a pixel
    color_weight: float = 0.3  # of a colour residual of one sigma against a depth residual of one sigma


class System(NamedTuple):
    """Normal equations of B poses: what a solver needs of one kind of residual."""

    normal: Tensor  # (B, 6, 6)
    gradient: Tensor  # (B, 6)
    cost: Tensor  # (B,)


class DirectAlignment:
    """The least-squares problem of one crop; `linearize` and `retract` are what levenberg_marquardt asks for.

    The tangent is a twist about the object's centre, in camera axes: rotation and translation decouple there.
    Only the P pixels of the mask that have depth take part.
    """

    def __init__(self, mesh: Mesh, crop: Crop, diameter: float, options: RefineOptions):
        self.mesh, self.crop, self.options = mesh, crop, options
        self.reach, self.sigma = options.reach * diameter, options.depth_sigma * diameter
        self.has_color = mesh.color_source != "none" and options.color_weight > 0
        self.centre = mesh.bounds().mean(0)
        self.pixels = (crop.mask & (crop.depth > 0)).flatten().nonzero()[:, 0]
        self.rays = crop.camera.rays().reshape(-1, 3)[self.pixels]
        self.depth = crop.depth.flatten()[self.pixels]
        if self.has_color:
            channels = appearance_channels(crop.rgb)
            self.observed = channels.flatten(0, 1)[self.pixels]
            self.gradient = _image_gradient(channels).flatten(0, 1)[self.pixels]

    def retract(self, params: Tensor, step: Tensor) -> Tensor:
        """Poses (B, 7) moved by twists (B, 6) about the object's centre."""
        cam_from_obj = SE3(params)
        centre = cam_from_obj.apply(self.centre)
        turn = SE3.exp(step.to(params))
        rotation = turn.rotation @ cam_from_obj.rotation
        translation = turn.rotation.apply(cam_from_obj.translation - centre) + centre + turn.translation
        return SE3.from_rotation_translation(rotation.normalized(), translation).wxyz_xyz

    def linearize(self, params: Tensor) -> System:
        """Normal equations at poses (B, 7) = wxyz_xyz; the cost is a sum over the pixels."""
        crop, cam_from_obj = self.crop, SE3(params)
        outputs = ("depth", "normals", "color") if self.has_color else ("depth", "normals")
        render = render_mesh(
            self.mesh, cam_from_obj, crop.K, crop.size, crop.size, outputs=outputs, near=NEAR
        )
        rendered = render.depth.flatten(1)[:, self.pixels]
        arm = rendered[..., None] * self.rays - cam_from_obj.apply(self.centre)[:, None]
        normals = render.normals.flatten(1, 2)[:, self.pixels]
        system, overlap = self._depth_system(rendered, normals, arm)
        if not self.has_color:
            return system
        color = self._color_system(render.color.flatten(1, 2)[:, self.pixels], rendered, arm, overlap)
        return System(*(one + other for one, other in zip(system, color, strict=True)))

    def _depth_system(self, rendered: Tensor, normals: Tensor, arm: Tensor) -> tuple[System, Tensor]:
        """Point-to-plane residuals under Tukey's biweight of the depth difference; and that weight (B, P)."""
        difference = rendered - self.depth
        inside = (1 - (difference / self.reach).square()).clamp_min(0.0) * (rendered > 0)
        weight = inside.square() / self.sigma**2
        residual = difference * (normals * self.rays).sum(-1)
        jacobian = _twist_row(normals, arm)
        weighted = (jacobian * weight[..., None]).mT
        cost = (self.reach / self.sigma) ** 2 / 3 * (1 - inside**3).sum(1)
        return System(weighted @ jacobian, (weighted @ residual[..., None])[..., 0], cost), inside.square()

    def _color_system(self, color: Tensor, rendered: Tensor, arm: Tensor, overlap: Tensor) -> System:
        """Colour residuals along the image gradient under Cauchy's weight.

        The three channels share their derivatives of the pixel's place, so a 2x2 structure tensor sums them
        up.
        """
        difference = self.observed - appearance_channels(color)
        residual = difference - fit_light(difference, overlap)[:, None]
        squared = residual.square()
        weight = overlap[..., None] / (1 + squared)
        along_u, along_v = self._pixel_rows(rendered, arm)
        slope_u, slope_v = self.gradient.unbind(-1)
        uu = (weight * slope_u * slope_u).sum(-1, keepdim=True)
        uv = (weight * slope_u * slope_v).sum(-1, keepdim=True)
        vv = (weight * slope_v * slope_v).sum(-1, keepdim=True)
        normal = along_u.mT @ (uu * along_u + uv * along_v) + along_v.mT @ (uv * along_u + vv * along_v)
        pull = weight * residual
        gradient = along_u.mT @ (pull * slope_u).sum(-1, keepdim=True)
        gradient = gradient + along_v.mT @ (pull * slope_v).sum(-1, keepdim=True)
        cost = (overlap[..., None] * squared.log1p()).sum((1, 2)) + 3 * MISSED_COLOR * (1 - overlap).sum(1)
        scale = self.options.color_weight**2
        return System(scale * normal, scale * gradient[..., 0], scale * cost)

    def _pixel_rows(self, rendered: Tensor, arm: Tensor) -> tuple[Tensor, Tensor]:
        """(B, P, 6) each: change of a surface point's column and row, pixels, with the twist."""
        inverse = 1 / rendered.clamp_min(NEAR)
        zero = torch.zeros_like(inverse)
        fx, fy = self.crop.camera.fx * inverse, self.crop.camera.fy * inverse
        along_u = torch.stack([fx, zero, -fx * self.rays[:, 0]], dim=-1)
        along_v = torch.stack([zero, fy, -fy * self.rays[:, 1]], dim=-1)
        return _twist_row(along_u, arm), _twist_row(along_v, arm)


def _twist_row(direction: Tensor, arm: Tensor) -> Tensor:
    """(..., 6) derivative of direction . (v + w x arm) with respect to (v, w)."""
    x, y, z = direction.unbind(-1)
    a, b, c = arm.unbind(-1)
    return torch.stack([x, y, z, b * z - c * y, c * x - a * z, a * y - b * x], dim=-1)


def _image_gradient(image: Tensor) -> Tensor:
    """(H, W, C, 2) central differences per pixel, along columns (u) and rows (v); zero at the border."""
    slope = torch.zeros(*image.shape, 2)
    slope[:, 1:-1, :, 0] = (image[:, 2:] - image[:, :-2]) / 2
    slope[1:-1, :, :, 1] = (image[2:] - image[:-2]) / 2
    return slope


def refine(
    mesh: Mesh, crop: Crop, cam_from_obj: SE3, diameter: float, iterations: int, options: RefineOptions
) -> LMResult:
    """Align poses (B,) to the crop; params are wxyz_xyz, the normal matrix is about the object's centre."""
    problem = DirectAlignment(mesh, crop, diameter, options)
    settings = LMOptions(max_iterations=iterations, initial_damping=1e-3, step_tolerance=1e-5)
    return levenberg_marquardt(cam_from_obj.wxyz_xyz, problem.linearize, problem.retract, settings)
