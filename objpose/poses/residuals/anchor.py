"""A pull towards the rotations that poses started from: they were coarse, not unknown."""

from __future__ import annotations

import torch

from objpose.geometry import SE3, NormalEquations
from objpose.poses.residuals.posed import Posed


class Anchor:
    """The turn of B poses against the B of the start, `weight` times half its square in units of `sigma`.

    sigma: radians.
    """

    outputs = ()

    def __init__(self, start: SE3, sigma: float, weight: float):
        self.start, self.information = start.rotation.to(torch.float64), weight / sigma**2

    def system(self, posed: Posed) -> NormalEquations:
        params = posed.cam_from_obj.wxyz_xyz
        rotation = posed.cam_from_obj.rotation.to(torch.float64)
        turned = (self.start.inverse() @ rotation).log()
        normal, gradient = params.new_zeros(len(params), 6, 6), params.new_zeros(len(params), 6)
        normal[:, 3:, 3:] = self.information * torch.eye(3, dtype=params.dtype, device=params.device)
        # A rotation vector lies on its rotation's axis: seen in the camera's axes it is turned along.
        gradient[:, 3:] = self.information * rotation.apply(turned).to(params)
        cost = 0.5 * self.information * turned.square().sum(-1)
        return NormalEquations(normal, gradient, cost.to(params))
