"""Colour residuals: the drawn colours against those of the frame, up to the light."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.features.light import appearance_channels, fit_light
from objpose.geometry import NormalEquations, pixel_rows
from objpose.poses.residuals.posed import Pixels, Posed
from objpose.robust import cauchy

MISSED = (
    2.0  # sigmas: a pixel that the rendering misses costs what such a residual does, or overlap would not pay
)


def drawn_at_all(depth: Tensor) -> Tensor:
    """(B, P) 1 where anything is drawn, else 0."""
    return (depth > 0).float()


class Photometric:
    """Of P pixels of a crop, in the channels of `appearance_channels`; the cost is a sum over them.

    They are compared under Cauchy's weight, and their derivatives are those of the frame, along its image
    gradient: what a pixel would show if the object moved under it.

    overlap: of drawn depths (B, P), how surely their pixels show the object, (B, P) in [0, 1].
    """

    outputs = ("depth", "color")

    def __init__(self, crop: Crop, pixels: Pixels, overlap: Callable[[Tensor], Tensor] = drawn_at_all):
        self.pixels, self.overlap = pixels, overlap
        channels = appearance_channels(crop.rgb)
        self.observed = channels.flatten(0, 1)[pixels.index]
        self.slope = _image_gradient(channels).flatten(0, 1)[pixels.index]

    def system(self, posed: Posed) -> NormalEquations:
        drawn, arm = self.pixels.surface(posed)
        assert posed.drawn.color is not None  # among the outputs
        return self.compared(self.pixels(posed.drawn.color), drawn, arm)

    def compared(self, color: Tensor, drawn: Tensor, arm: Tensor) -> NormalEquations:
        """The same of colours (B, P, 3) in [0, 1], drawn depth (B, P), and arms (B, P, 3) to the surface.

        The three channels share their derivatives of the pixel's place, so a 2x2 structure tensor sums them.
        """
        overlap = self.overlap(drawn)
        difference = self.observed - appearance_channels(color)
        residual = difference - fit_light(difference, overlap)[:, None]
        loss, weight = cauchy(residual.square())
        weight = overlap[..., None] * weight
        along_u, along_v = pixel_rows(self.pixels.K, self.pixels.rays, drawn, arm)
        slope_u, slope_v = self.slope.unbind(-1)
        uu = (weight * slope_u * slope_u).sum(-1, keepdim=True)
        uv = (weight * slope_u * slope_v).sum(-1, keepdim=True)
        vv = (weight * slope_v * slope_v).sum(-1, keepdim=True)
        normal = along_u.mT @ (uu * along_u + uv * along_v) + along_v.mT @ (uv * along_u + vv * along_v)
        pull = weight * residual
        gradient = along_u.mT @ (pull * slope_u).sum(-1, keepdim=True)
        gradient = gradient + along_v.mT @ (pull * slope_v).sum(-1, keepdim=True)
        missed = color.shape[-1] * cauchy(color.new_tensor(MISSED**2))[0] * (1 - overlap).sum(1)
        cost = (overlap[..., None] * loss).sum((1, 2)) + missed
        return NormalEquations(normal, gradient[..., 0], cost)


def _image_gradient(image: Tensor) -> Tensor:
    """(H, W, C, 2) central differences per pixel, along columns (u) and rows (v); zero at the border."""
    slope = torch.zeros(*image.shape, 2)
    slope[:, 1:-1, :, 0] = (image[:, 2:] - image[:, :-2]) / 2
    slope[1:-1, :, :, 1] = (image[2:] - image[:-2]) / 2
    return slope
