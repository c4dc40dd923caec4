"""Depth residuals: the drawn surface on the measured one, point to plane, against the rendering.

Only what is visible takes part, as in Park, Zhou, Koltun: Colored Point Cloud Registration Revisited, ICCV
2017, whose colour part is `Photometric`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import NormalEquations, products, twist_row
from objpose.poses.residuals.posed import Pixels, Posed
from objpose.robust import tukey


class DepthResidual:
    """Of the pixels of a crop's mask that have depth; the cost is a sum over them.

    sigma: metres, depth noise and model error of a pixel; reach: metres, depth differences beyond which are
    outliers, by Tukey's biweight.
    """

    outputs = ("depth", "normals")

    def __init__(self, crop: Crop, sigma: float, reach: float):
        host = crop.on_host
        self.pixels = Pixels.of(crop, host.mask & (host.depth > 0))
        self.depth = crop.depth.flatten()[self.pixels.index]
        self.sigma, self.reach = sigma, reach

    def system(self, posed: Posed) -> NormalEquations:
        drawn, arm = self.pixels.surface(posed)
        assert posed.drawn.normals is not None  # among the outputs
        normals = self.pixels.planes(posed.drawn.normals)
        cost, weight = self._loss(drawn)
        residual = (drawn - self.depth) * (normals * self.pixels.rays[:, None]).sum(0)
        rows = twist_row(normals, arm)
        system = products(rows * (weight / self.sigma**2), torch.cat([rows, residual[None]]))
        return NormalEquations(system[..., :6], system[..., 6], cost.sum(1) / self.sigma**2)

    def overlap(self, drawn: Tensor) -> Tensor:
        """(B, P) in [0, 1]: how surely pixels show the object, by their drawn depth (B, P)."""
        return self._loss(drawn)[1]

    def _loss(self, drawn: Tensor) -> tuple[Tensor, Tensor]:
        difference = torch.where(drawn > 0, drawn - self.depth, torch.inf)
        return tukey(difference.square(), self.reach)
