"""Colour residuals: the drawn colours against those of the frame, up to the light."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import NormalEquations, upload
from objpose.poses.residuals.posed import Posed
from objpose.raster import MeasuredDepth, Pixels, SeenColors, drawn_color_equations
from objpose.raster.drawn.light import appearance_channels


class Photometric:
    """Of P pixels of a crop, in the channels of `appearance_channels`; the cost is a sum over them.

    measured: their depth; where another is drawn, colours say nothing. None: all that is drawn counts.
    """

    outputs = ("depth", "color")

    def __init__(self, crop: Crop, pixels: Pixels, measured: MeasuredDepth | None = None):
        self.pixels, self.measured = pixels, measured
        channels = appearance_channels(crop.on_host.rgb)
        pictures = upload(torch.cat([channels[None], _image_gradient(channels)]), crop.device)
        channels, *slopes = pixels.planes(pictures).unbind(1)
        self.seen = SeenColors(channels, torch.stack(slopes))

    def system(self, posed: Posed) -> NormalEquations:
        drawn = posed.drawn
        assert drawn.color is not None  # among the outputs
        return self.compared(drawn.color, drawn.depth, posed.pivot)

    def compared(self, color: Tensor, depth: Tensor, pivot: Tensor) -> NormalEquations:
        """The same of drawn colours (B, S, S, 3) and depth (B, S, S), and the object's centre (B, 3)."""
        return drawn_color_equations(color, depth, self.pixels, self.seen, self.measured, pivot)


def _image_gradient(image: Tensor) -> Tensor:
    """(2, H, W, C) central differences per pixel, along columns (u) and rows (v); zero at the border."""
    slope = image.new_zeros(2, *image.shape)
    slope[0, :, 1:-1] = (image[:, 2:] - image[:, :-2]) / 2
    slope[1, 1:-1] = (image[2:] - image[:-2]) / 2
    return slope
