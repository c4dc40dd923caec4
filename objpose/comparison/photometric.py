"""Colour residuals: the rendered colours against those of the frame, up to the light."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.comparison.appearance import appearance_channels, fit_light
from objpose.comparison.crop import Crop
from objpose.comparison.normal_equations import System
from objpose.comparison.tangent import pixel_rows

# Cost of a pixel that the rendering misses, as a colour residual of two sigma has: overlap must not be
# punished.
MISSED_COLOR = math.log1p(4.0)


class Photometric:
    """Of P pixels of a crop, in the channels of `appearance_channels`.

    They are compared under Cauchy's weight, and their derivatives are those of the frame, along its image
    gradient: what a pixel would show if the object moved under it.
    """

    def __init__(self, crop: Crop, pixels: Tensor):
        self.K = crop.K
        self.rays = crop.camera.rays().reshape(-1, 3)[pixels]
        channels = appearance_channels(crop.rgb)
        self.observed = channels.flatten(0, 1)[pixels]
        self.slope = _image_gradient(channels).flatten(0, 1)[pixels]

    def system(self, color: Tensor, rendered: Tensor, arm: Tensor, overlap: Tensor) -> System:
        """Normal equations of B poses, for twists about the object's centre.

        color: (B, P, 3) rendered, in [0, 1]; rendered: (B, P) depth, metres; arm: (B, P, 3) from the
        object's centre to the rendered point; overlap: (B, P) in [0, 1], how surely a pixel shows the object.
        The three channels share their derivatives of the pixel's place, so a 2x2 structure tensor sums them.
        """
        difference = self.observed - appearance_channels(color)
        residual = difference - fit_light(difference, overlap)[:, None]
        squared = residual.square()
        weight = overlap[..., None] / (1 + squared)
        along_u, along_v = pixel_rows(self.K, self.rays, rendered, arm)
        slope_u, slope_v = self.slope.unbind(-1)
        uu = (weight * slope_u * slope_u).sum(-1, keepdim=True)
        uv = (weight * slope_u * slope_v).sum(-1, keepdim=True)
        vv = (weight * slope_v * slope_v).sum(-1, keepdim=True)
        normal = along_u.mT @ (uu * along_u + uv * along_v) + along_v.mT @ (uv * along_u + vv * along_v)
        pull = weight * residual
        gradient = along_u.mT @ (pull * slope_u).sum(-1, keepdim=True)
        gradient = gradient + along_v.mT @ (pull * slope_v).sum(-1, keepdim=True)
        cost = (overlap[..., None] * squared.log1p()).sum((1, 2)) + 3 * MISSED_COLOR * (1 - overlap).sum(1)
        return System(normal, gradient[..., 0], cost)


def _image_gradient(image: Tensor) -> Tensor:
    """(H, W, C, 2) central differences per pixel, along columns (u) and rows (v); zero at the border."""
    slope = torch.zeros(*image.shape, 2)
    slope[:, 1:-1, :, 0] = (image[:, 2:] - image[:, :-2]) / 2
    slope[1:-1, :, :, 1] = (image[2:] - image[:-2]) / 2
    return slope
