"""Where before how it is turned: the first, coarsest steps of a refinement."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.comparison import NEAR, System
from objpose.geometry import SE3
from objpose.raster import render_splats
from objpose.robust import LMOptions
from objpose.splatting.alignment import SOLID, SplatAlignment
from objpose.splatting.descent import descend

FEWEST = 3  # pixels that tell where something is


def placed(problem: SplatAlignment, params: Tensor, options: LMOptions) -> Tensor:
    """Poses (B, 7) moved, not turned, to where the picture has the object.

    An object seen half its width aside makes a rotation look like an improvement, and steps that are free to
    turn run off by tens of degrees. So the translation goes first, from where it is and from where mask and
    depth put it; the better end of the two stays.
    """
    both = torch.cat([params, centred(problem, params)])
    result = descend(Unturned(problem), both, options)
    first, second = result.cost.chunk(2)
    return torch.where((second < first)[:, None], *reversed(result.params.chunk(2)))


def centred(problem: SplatAlignment, params: Tensor) -> Tensor:
    """Poses (B, 7) shifted until the middle of what is drawn is the middle of what is seen.

    With depth by the medians of the points, else across the ray alone, by the means of the pixels.
    """
    crop = problem.crop
    render = render_splats(
        problem.splats, SE3(params), crop.K, crop.size, crop.size, antialias=True, near=NEAR
    )
    drawn = render.alpha > SOLID
    seen = crop.mask & (crop.depth > 0) if problem.has_depth else crop.mask
    rays = crop.camera.rays().to(params)
    shifts = [torch.zeros(3) for _ in params]
    for i, (here, depth) in enumerate(zip(drawn, render.depth, strict=True)):
        if int(here.sum()) < FEWEST or int(seen.sum()) < FEWEST:
            continue
        if problem.has_depth:
            observed, rendered = rays[seen] * crop.depth[seen, None], rays[here] * depth[here, None]
            shifts[i] = observed.median(0).values - rendered.median(0).values
        else:
            shifts[i] = depth[here].median() * (rays[seen].mean(0) - rays[here].mean(0))
    return torch.cat([params[:, :4], params[:, 4:] + torch.stack(shifts).to(params)], dim=1)


class Unturned:
    """A problem whose steps only move."""

    def __init__(self, problem: SplatAlignment):
        self.problem = problem
        self.retract = problem.retract

    def linearize(self, params: Tensor) -> System:
        system = self.problem.linearize(params)
        normal = torch.eye(6).to(system.normal).repeat(len(params), 1, 1)
        normal[:, :3, :3] = system.normal[:, :3, :3]
        gradient = torch.cat([system.gradient[:, :3], torch.zeros_like(system.gradient[:, 3:])], dim=1)
        return System(normal, gradient, system.cost)


class Anchored:
    """A problem that prefers rotations near the start's: the pose was coarse, not unknown.

    start: (B, 7) = wxyz_xyz; sigma: radians; weight: of the squared angle in sigmas, in units of the cost.
    """

    def __init__(self, problem: SplatAlignment, start: Tensor, sigma: float, weight: float):
        self.problem, self.start = problem, SE3(start.double()).rotation
        self.information = weight / sigma**2
        self.retract = problem.retract

    def linearize(self, params: Tensor) -> System:
        system = self.problem.linearize(params)
        turned = (self.start.inverse() @ SE3(params.double()).rotation).log().to(params)
        normal, gradient = system.normal.clone(), system.gradient.clone()
        normal[:, 3:, 3:] += self.information * torch.eye(3)
        gradient[:, 3:] += self.information * self.twisted(turned, params)
        return System(normal, gradient, system.cost + 0.5 * self.information * turned.square().sum(-1))

    def twisted(self, turned: Tensor, params: Tensor) -> Tensor:
        """The rotation vectors (B, 3) in the axes that the problem's steps turn about.

        A rotation vector is its own rotation's axis: turned about the object's axes it stays as it is, about
        the camera's it turns along.
        """
        if self.problem.options.update == "object":
            return turned
        return SE3(params).rotation.apply(turned)
