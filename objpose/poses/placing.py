"""Where before how it is turned: the first, coarsest steps of a refinement on splats."""

from __future__ import annotations

import torch

from objpose.crops import NEAR
from objpose.geometry import SE3, download, upload
from objpose.geometry.normal_equations import chosen
from objpose.poses.align import Alignment
from objpose.poses.residuals.splats import SOLID, SplatResidual
from objpose.raster import damped_steps, render_splats, taken_steps
from objpose.robust import LMOptions, levenberg_marquardt

FEWEST = 3  # pixels that tell where something is


def placed(problem: Alignment, residual: SplatResidual, poses: SE3, options: LMOptions) -> SE3:
    """Poses (B,) moved, not turned, to where the picture has the object.

    An object seen half its width aside makes a rotation look like an improvement, and steps that are free to
    turn run off by tens of degrees. So the translation goes first, from where it is and from where mask and
    depth put it; the better end of the two stays.
    """
    both = SE3.cat([poses, centred(residual, poses)])
    result = levenberg_marquardt(
        both.wxyz_xyz, problem.unturned, problem.retract, options, damped_steps, taken_steps
    )
    first, second = result.cost.chunk(2)
    return SE3(chosen(second < first, *reversed(result.params.chunk(2))))


def centred(residual: SplatResidual, poses: SE3) -> SE3:
    """Poses (B,) shifted until the middle of what is drawn is the middle of what is seen.

    With depth by the medians of the points, else across the ray alone, by the means of the pixels.
    """
    crop = residual.crop
    render = render_splats(residual.splats, poses, crop.K, crop.size, crop.size, antialias=True, near=NEAR)
    alpha, drawn_depth = download(render.alpha, render.depth)
    crop, drawn = crop.on_host, alpha > SOLID
    seen = crop.mask & (crop.depth > 0) if residual.has_depth else crop.mask
    rays = crop.camera.rays()
    shifts = [torch.zeros(3) for _ in poses]
    for i, (here, depth) in enumerate(zip(drawn, drawn_depth, strict=True)):
        if int(here.sum()) < FEWEST or int(seen.sum()) < FEWEST:
            continue
        if residual.has_depth:
            observed, rendered = rays[seen] * crop.depth[seen, None], rays[here] * depth[here, None]
            shifts[i] = observed.median(0).values - rendered.median(0).values
        else:
            shifts[i] = depth[here].median() * (rays[seen].mean(0) - rays[here].mean(0))
    shift = upload(torch.stack(shifts), poses.wxyz_xyz.device).to(poses.wxyz_xyz)
    return SE3.from_rotation_translation(poses.rotation, poses.translation + shift)
