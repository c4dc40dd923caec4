"""Poses moved until residuals are least: Levenberg-Marquardt over any sum of residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, Mesh, NormalEquations
from objpose.poses.residuals.posed import Posed, Residual
from objpose.raster import damped_steps, moved_poses, render_mesh, taken_steps
from objpose.robust import LMOptions, LMResult, levenberg_marquardt

Weighted = tuple[float, Residual]


class Alignment:
    """A weighted sum of residuals of B poses; `linearize` and `retract` are for levenberg_marquardt.

    The tangent is a twist about the object's centre, in camera axes: rotation and translation decouple there.

    centre: (3,) object frame. mesh, crop: what is drawn for residuals that compare a rendering, and where.
    """

    def __init__(
        self,
        centre: Tensor,
        residuals: Sequence[Weighted],
        mesh: Mesh | None = None,
        crop: Crop | None = None,
    ):
        self.centre, self.residuals = centre, residuals
        self.draw = None
        if mesh is not None and crop is not None:
            outputs = tuple(dict.fromkeys(name for _, residual in residuals for name in residual.outputs))
            self.draw = partial(
                render_mesh, mesh, K=crop.K, width=crop.size, height=crop.size, outputs=outputs, near=NEAR
            )

    def linearize(self, params: Tensor) -> NormalEquations:
        """At poses (B, 7) = wxyz_xyz."""
        posed = Posed(SE3(params), self.centre, self.draw)
        (weight, residual), *others = self.residuals
        total = residual.system(posed).times(weight)
        for weight, residual in others:
            total = total.plus(residual.system(posed), weight)
        return total

    def retract(self, params: Tensor, step: Tensor) -> Tensor:
        """Poses (B, 7) moved by twists (B, 6) about the object's centre."""
        return moved_poses(self.centre, params, step)

    def unturned(self, params: Tensor) -> NormalEquations:
        """`linearize` for steps that only move."""
        system = self.linearize(params)
        normal = torch.eye(6, dtype=params.dtype, device=params.device).repeat(len(params), 1, 1)
        normal[:, :3, :3] = system.normal[:, :3, :3]
        gradient = torch.cat([system.gradient[:, :3], torch.zeros_like(system.gradient[:, 3:])], dim=1)
        return NormalEquations(normal, gradient, system.cost)


def align(problem: Alignment, cam_from_obj: SE3, options: LMOptions) -> LMResult:
    """Poses (B,) after the steps; params are wxyz_xyz, the normal matrix is about the object's centre."""
    return levenberg_marquardt(
        cam_from_obj.wxyz_xyz, problem.linearize, problem.retract, options, damped_steps, taken_steps
    )


@dataclass(frozen=True, eq=False)
class Aligned:
    """How a recipe aligns: its residuals, its steps, and how many pixels the cost is a mean over."""

    problem: Alignment
    options: LMOptions
    pixels: float = 1.0

    def __call__(self, cam_from_obj: SE3) -> SE3:
        """Poses (B,) aligned."""
        return SE3(align(self.problem, cam_from_obj, self.options).params)

    def informed(self, cam_from_obj: SE3) -> tuple[SE3, Tensor]:
        """Poses (B,) aligned, and the information there."""
        found = align(self.problem, cam_from_obj, self.options)
        return SE3(found.params), found.normal * self.pixels

    def information(self, cam_from_obj: SE3) -> Tensor:
        """(B, 6, 6) normal matrices, of sums over pixels, about the object's centre, at poses (B,)."""
        return self.problem.linearize(cam_from_obj.wxyz_xyz).normal * self.pixels
