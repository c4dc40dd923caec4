"""Splat residuals: the splats' colours, depth and outline on those observed, with exact derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import NormalEquations
from objpose.poses.residuals.posed import Posed
from objpose.raster import RobustLoss, Splats, render_splats, splat_normal_equations
from objpose.raster.drawn.light import appearance_channels, fit_light

SOLID = 0.5  # alpha from which a pixel counts as showing the object, when the light is fitted


@dataclass(frozen=True)
class SplatResidualOptions:
    """Weights of the three kinds of residuals, each in units of what an inlier's seldom exceeds."""

    color_scale: float = 1.0  # of the norm of the three `appearance_channels`
    color_weight: float = 1.0
    depth_scale: float = 0.03  # of the object's diameter: sensor noise and model error of a pixel
    depth_weight: float = 2.0
    alpha_scale: float = 0.5  # of the rendered alpha against the mask
    alpha_weight: float = 4.0
    outside_weight: float = 0.25  # of alpha beyond the mask, without depth: an occluder may stand there
    hidden: float = 0.03  # of the diameter: measured depth this much in front of the object hides it


class SplatResidual:
    """Of the pixels of a crop; the cost is a mean over the mask's.

    Colours are compared in `appearance_channels`, after the light, a constant for each channel, is fitted in
    closed form at each pose: exposure and white balance cost nothing. Derivatives are exact, of the rendering
    itself.

    splats: with `appearance_channels` as their colours. tolerance: times the scale of the depth residuals.
    """

    outputs = ()

    def __init__(self, splats: Splats, crop: Crop, options: SplatResidualOptions, tolerance: float = 1.0):
        self.splats, self.crop, self.options = splats, crop, options
        low, high = splats.means.amin(0), splats.means.amax(0)
        self.centre, diameter = (low + high) / 2, float((high - low).norm())
        self.observed = appearance_channels(crop.rgb)
        self.has_depth = bool((crop.on_host.depth > 0).any())
        self.hidden_by = tolerance * options.hidden * diameter
        self.color_loss = RobustLoss("cauchy", options.color_scale, options.color_weight)
        self.depth_loss = RobustLoss(
            "cauchy", tolerance * options.depth_scale * diameter, options.depth_weight
        )
        self.alpha_loss = RobustLoss("cauchy", options.alpha_scale, options.alpha_weight)

    @property
    def counted(self) -> int:
        """How many pixels the cost is a mean over."""
        return max(int(self.crop.on_host.mask.sum()), 1)

    def system(self, posed: Posed) -> NormalEquations:
        """Colour, depth, alpha within the mask; beyond it alpha."""
        crop, size, cam_from_obj = self.crop, self.crop.size, posed.cam_from_obj
        render = render_splats(self.splats, cam_from_obj, crop.K, size, size, antialias=True, near=NEAR)
        target, background = self.relit(render.color, render.alpha)
        # Beyond the mask colours are compared with themselves.
        shown = render.color + (1 - render.alpha)[..., None] * background[:, None, None]
        system = splat_normal_equations(
            self.splats,
            cam_from_obj,
            crop.K,
            torch.where(crop.mask[..., None], target, shown),
            target_depth=crop.depth * crop.mask if self.has_depth else None,
            target_alpha=crop.mask.float(),
            weights=crop.mask + self.outside(render.depth),
            color_loss=self.color_loss,
            depth_loss=self.depth_loss,
            alpha_loss=self.alpha_loss,
            background=background,
            antialias=True,
            near=NEAR,
        )
        return system.about(posed.pivot).times(1 / self.counted).to(cam_from_obj.wxyz_xyz)

    def relit(self, color: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """The observed channels (B, S, S, 3) in the model's light; a background (B, 3) that says nothing."""
        weight = (alpha * (alpha > SOLID) * self.crop.mask).flatten(1)
        rendered = (color / alpha.clamp_min(SOLID)[..., None]).flatten(1, 2)
        light = fit_light((self.observed.flatten(0, 1) - rendered).permute(2, 0, 1).contiguous(), weight)
        mean = (rendered * weight[..., None]).sum(1) / weight.sum(1, keepdim=True).clamp_min(1e-6)
        return self.observed - light.T[:, None, None], mean

    def outside(self, depth: Tensor) -> Tensor:
        """(B, S, S) weights beyond the mask: less where the object may be hidden, 0 where it surely is."""
        crop = self.crop
        weights = (~crop.unsure & ~crop.mask).float() * self.options.outside_weight
        if not self.has_depth:
            return weights.expand(depth.shape)
        measured, drawn = crop.depth > 0, depth > 0
        in_front = measured & (crop.depth < depth - self.hidden_by)
        behind = measured & (crop.depth > depth + self.hidden_by)
        weights = torch.where(behind & drawn, weights / self.options.outside_weight, weights)
        return torch.where(in_front & drawn, 0.0, weights)
