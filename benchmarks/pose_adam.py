"""Pose refinement by first-order steps on splats, as GS2Pose does it: the measure for second-order ones."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3
from objpose.poses.on_splats import comparable
from objpose.poses.residuals import SplatResidual, SplatResidualOptions
from objpose.raster import Splats, render_splats

STEPS = 175
RATES = (3e-3, 2e-2)  # of metres and of radians, about the object's centre
LAST = 0.05  # of the rates, reached exponentially


def adam_refined(splats: Splats, crop: Crop, start: SE3) -> SE3:
    """Adam on the cost of `SplatResidual`, by autograd, at full resolution; the best pose seen."""
    problem = SplatResidual(comparable(splats, start[0]), crop, SplatResidualOptions())
    centre = problem.centre
    pose = SE3(start.wxyz_xyz.double())
    twist = torch.zeros(1, 6, dtype=torch.float64, requires_grad=True)
    groups = [{"params": [twist], "lr": RATES[1]}]
    optimizer = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, LAST ** (1 / STEPS))
    scale = torch.tensor([RATES[0] / RATES[1]] * 3 + [1.0] * 3, dtype=torch.float64)
    lowest, best = float("inf"), start
    for _ in range(STEPS):
        pivot = pose.apply(centre)
        shift = SE3.from_rotation_translation(torch.eye(3, dtype=torch.float64), pivot)
        moved = shift @ SE3.exp(twist * scale) @ shift.inverse() @ pose
        cost = _cost(problem, moved)
        if cost.item() < lowest:
            lowest, best = cost.item(), SE3(moved.wxyz_xyz.detach().float())
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        schedule.step()
    return best[0]


def _cost(problem: SplatResidual, cam_from_obj: SE3) -> Tensor:
    """The cost of `SplatResidual.system`, differentiable."""
    crop, options = problem.crop, problem.options
    render = render_splats(
        problem.splats, cam_from_obj, crop.K, crop.size, crop.size, antialias=True, near=NEAR
    )
    with torch.no_grad():
        target, background = problem.relit(render.color, render.alpha)
        outside = problem.outside(render.depth)
    color = render.color + (1 - render.alpha)[..., None] * background[:, None, None]
    squared = ((color - target) / options.color_scale).square().sum(-1)
    cost = options.color_weight * squared.log1p() / 2 * crop.mask
    difference = (render.alpha - crop.mask.float()) / options.alpha_scale
    cost = cost + options.alpha_weight * difference.square().log1p() / 2 * (crop.mask + outside)
    if problem.has_depth:
        gap = render.alpha * (render.depth - crop.depth) / problem.depth_loss.scale
        cost = cost + options.depth_weight * gap.square().log1p() / 2 * (crop.mask & (crop.depth > 0))
    return cost.sum() / max(int(crop.mask.sum()), 1)
