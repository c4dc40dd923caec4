"""Depth residuals: the drawn surface on the measured one, point to plane, against the rendering.

Only what is visible takes part, as in Park, Zhou, Koltun: Colored Point Cloud Registration Revisited, ICCV
2017, whose colour part is `Photometric`.
"""

from __future__ import annotations

from objpose.crops import Crop
from objpose.geometry import NormalEquations
from objpose.poses.residuals.posed import Posed
from objpose.raster import MeasuredDepth, Pixels, drawn_depth_equations


class DepthResidual:
    """Of the pixels of a crop's mask that have depth; the cost is a sum over them.

    sigma: metres, depth noise and model error of a pixel; reach: metres, depth differences beyond which are
    outliers, by Tukey's biweight.
    """

    outputs = ("depth", "normals")

    def __init__(self, crop: Crop, sigma: float, reach: float):
        host = crop.on_host
        self.pixels = Pixels.of(crop.camera, host.mask & (host.depth > 0), crop.device)
        self.measured = MeasuredDepth(self.pixels(crop.depth[None])[0], sigma, reach)

    def system(self, posed: Posed) -> NormalEquations:
        drawn = posed.drawn
        assert drawn.normals is not None  # among the outputs
        return drawn_depth_equations(drawn.depth, drawn.normals, self.pixels, self.measured, posed.pivot)
