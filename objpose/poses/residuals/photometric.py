"""Colour residuals: the drawn colours against those of the frame, up to the light."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.features.light import appearance_channels, fit_light
from objpose.geometry import NormalEquations, constant, pixel_rows, products, upload
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
        channels = appearance_channels(crop.on_host.rgb)
        pictures = upload(torch.cat([channels[None], _image_gradient(channels)]), crop.device)
        self.observed, self.slope_u, self.slope_v = pixels.planes(pictures).split(1, dim=1)

    def system(self, posed: Posed) -> NormalEquations:
        drawn, arm = self.pixels.surface(posed)
        assert posed.drawn.color is not None  # among the outputs
        return self.compared(self.pixels.planes(posed.drawn.color), drawn, arm)

    def compared(self, color: Tensor, drawn: Tensor, arm: Tensor) -> NormalEquations:
        """The same of colours (3, B, P) in [0, 1], drawn depth (B, P), and arms (3, B, P) to the surface.

        The three channels share their derivatives of the pixel's place, so a 2x2 structure tensor sums them.
        """
        overlap = self.overlap(drawn)
        difference = self.observed - appearance_channels(color, dim=0)
        residual = difference - fit_light(difference, overlap)[..., None]
        loss, weight = cauchy(residual.square())
        weighted_u, weighted_v = (overlap * weight * slope for slope in (self.slope_u, self.slope_v))
        uv = (weighted_u * self.slope_v).sum(0)
        along_u, along_v = pixel_rows(self.pixels.K, self.pixels.rays, drawn, arm)
        pulled_u = torch.cat(
            [
                (weighted_u * self.slope_u).sum(0) * along_u + uv * along_v,
                (weighted_u * residual).sum(0, keepdim=True),
            ]
        )
        pulled_v = torch.cat(
            [
                uv * along_u + (weighted_v * self.slope_v).sum(0) * along_v,
                (weighted_v * residual).sum(0, keepdim=True),
            ]
        )
        system = products(along_u, pulled_u) + products(along_v, pulled_v)
        missed = len(color) * cauchy(constant((MISSED**2,), color))[0] * (1 - overlap).sum(1)
        cost = (overlap * loss).sum((0, 2)) + missed
        return NormalEquations(system[..., :6], system[..., 6], cost)


def _image_gradient(image: Tensor) -> Tensor:
    """(2, H, W, C) central differences per pixel, along columns (u) and rows (v); zero at the border."""
    slope = torch.zeros(2, *image.shape)
    slope[0, :, 1:-1] = (image[:, 2:] - image[:, :-2]) / 2
    slope[1, 1:-1] = (image[2:] - image[:-2]) / 2
    return slope
