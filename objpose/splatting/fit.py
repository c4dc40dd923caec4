"""Splats optimised until they look like the posed views of an object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.raster import SplatRender, Splats, render_splats
from objpose.splatting.density import Density
from objpose.splatting.initial import bounding_ball, initial_splats
from objpose.splatting.losses import ssim
from objpose.splatting.parameters import Rates, SplatParameters
from objpose.splatting.training import Training, view_order
from objpose.work import within

LAST_RATE = 0.01  # of the means' rate, reached at the end


@dataclass(frozen=True)
class FitOptions:
    steps: int = 600  # of one view each
    start: int = 5_000  # splats at the start, about
    most: int = 12_000  # splats at the end, at most
    degree: int = 1  # of the harmonics; above 0 they take part after a third of the steps
    round_steps: int = 100  # between two rounds of densification and pruning
    growing: float = 0.6  # share of the steps in which splats are added
    structure: float = 0.2  # of 1 - SSIM in the loss, the rest being L1
    mask: float = 0.5  # of the mask's L1 in the loss
    depth: float = 1.0  # of the depth's L1, in units of the object's radius, in the loss
    rates: Rates = Rates()
    seed: int = 0


@within()
def fit_splats(
    views: Sequence[Crop],
    cam_from_obj: SE3,
    options: FitOptions = FitOptions(),
    initial: Splats | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Splats:
    """Optimise splats on views with masks; in the object's frame, with harmonics (G, (degree + 1)^2, 3).

    Adam on all parameters, with densification and pruning (Kerbl et al.: 3D Gaussian Splatting, 2023). Where
    views have depth it takes part. The background is another colour at every step: what is solid in the
    picture must become solid.

    Args:
        views: N crops around the object. cam_from_obj: (N,).
        initial: what to start from; by default the measured surface, or the visual hull without depth.
        progress: called with (step, steps).

    Raises:
        InputError: too few views, or views whose masks and poses leave no object.
    """
    if len(views) < 2 or len(cam_from_obj) != len(views):
        found = f"{len(views)} views, {len(cam_from_obj)} poses"
        raise InputError("views", found, "two or more, a pose for each", "give a pose with every view")
    cam_from_obj = cam_from_obj.to(torch.float32)
    centre, radius = bounding_ball(views, cam_from_obj)
    if initial is None:
        initial = initial_splats(views, cam_from_obj, centre, radius, options.start)
    generator = torch.Generator().manual_seed(options.seed)
    parameters = SplatParameters(initial, options.degree, options.rates, radius)
    density = Density(centre, radius, options.most, generator)
    order = view_order(len(views), options.steps, generator)

    def shown(splats: Splats, index: int) -> tuple[SplatRender, Tensor]:
        background = torch.rand(3, generator=generator)
        render = _draw(splats, views[index], cam_from_obj[index], background)
        return render, view_loss(render, views[index], background, radius, options)

    return Training(parameters, density, options, LAST_RATE).run(shown, order, progress)


def view_loss(
    render: SplatRender, view: Crop, background: Tensor, radius: float, options: FitOptions
) -> Tensor:
    """() of one view drawn on `background` (3,); pixels beyond the frame do not count."""
    mask, inside = view.mask.float(), view.inside.float()
    target = view.rgb * mask[..., None] + background * (1 - mask)[..., None]
    color = torch.where(view.inside[..., None], render.color[0], target)
    loss = (1 - options.structure) * (color - target).abs().mean()
    loss = loss + options.structure * (1 - ssim(color[None], target[None])[0])
    loss = loss + options.mask * ((render.alpha[0] - mask).abs() * inside).mean()
    measured = view.mask & (view.depth > 0) & (render.alpha[0].detach() > 0.5)
    gap = (render.depth[0] - view.depth).abs() * measured / radius
    return loss + options.depth * gap.sum() / mask.numel()


def _draw(splats: Splats, view: Crop, cam_from_obj: SE3, background: Tensor) -> SplatRender:
    return render_splats(
        splats, cam_from_obj, view.K, view.size, view.size, background=background, antialias=True, near=NEAR
    )
