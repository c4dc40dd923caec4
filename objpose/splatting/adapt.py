"""Light that differs from the model's: appearance moves, geometry stays."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from objpose.comparison import NEAR, Crop
from objpose.geometry import SE3
from objpose.raster import Splats, render_splats, with_degree

RATE = 5e-3  # Adam's, of the harmonics
SOLID = 0.5  # alpha from which a pixel counts as showing the object
EXPOSURE_PIXELS = 16  # pixels below which no exposure is fitted


def adapted_splats(
    splats: Splats, crop: Crop, cam_from_obj: SE3, steps: int = 30, degree: int = 1
) -> tuple[Splats, Tensor]:
    """Splats that look like the object in this picture, and the affine exposure (3, 2) taken out.

    The selective update of GS2Pose (Mei et al., 2024): only the harmonics above the constant move, by Adam on
    the mask's colours; places, shapes, opacities and base colours are frozen, so that a pose that is off a
    little is not painted over. What the exposure explains, gain and offset of each channel, is fitted in
    closed form at every step and left to it.

    cam_from_obj: (). crop: with the object's mask. degree: of the harmonics, at least 1.
    """
    sh = with_degree(splats, degree)
    base, rest = sh[:, :1].detach(), sh[:, 1:].detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([rest], lr=RATE)
    exposure = torch.tensor([[1.0, 0.0]]).repeat(3, 1)
    for _ in range(steps):
        model = replace(splats, colors=None, sh=torch.cat([base, rest], dim=1))
        render = render_splats(model, cam_from_obj, crop.K, crop.size, crop.size, antialias=True, near=NEAR)
        color, shown = _compared(render.color[0], render.alpha[0], crop)
        exposure = affine_exposure(color.detach()[shown], crop.rgb[shown])
        difference = color[shown] * exposure[:, 0] + exposure[:, 1] - crop.rgb[shown]
        optimizer.zero_grad()
        difference.abs().sum().div(max(int(shown.sum()), 1)).backward()
        optimizer.step()
    return replace(splats, colors=None, sh=torch.cat([base, rest.detach()], dim=1)), exposure


def affine_exposure(rendered: Tensor, observed: Tensor) -> Tensor:
    """(3, 2) gain and offset of each channel that best turn colours (P, 3) into those observed (P, 3).

    Least squares; gain 1 and offset 0 for too few pixels, and a gain of 1 for a channel without contrast.
    """
    if len(rendered) < EXPOSURE_PIXELS:
        return torch.tensor([[1.0, 0.0]]).repeat(3, 1)
    mean_r, mean_o = rendered.mean(0), observed.mean(0)
    variance = (rendered - mean_r).square().mean(0)
    covariance = ((rendered - mean_r) * (observed - mean_o)).mean(0)
    gain = torch.where(variance > 1e-6, covariance / variance.clamp_min(1e-6), 1.0)
    return torch.stack([gain, mean_o - gain * mean_r], dim=1)


def _compared(color: Tensor, alpha: Tensor, crop: Crop) -> tuple[Tensor, Tensor]:
    """Colours (S, S, 3) without the background, and the pixels (S, S) that show the object."""
    return color / alpha.clamp_min(SOLID)[..., None], crop.mask & (alpha.detach() > SOLID)
