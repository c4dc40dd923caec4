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

    Raises InputError for too few views, or views whose masks and poses leave no object.
    """
    if len(views) < 2 or len(cam_from_obj) != len(views):
        found = f"{len(views)} views, {len(cam_from_obj)} poses"
        raise InputError("views", found, "two or more, a pose for each", "give a pose with every view")
    cam_from_obj = cam_from_obj.to(torch.float32)
    center, radius = bounding_ball(views, cam_from_obj)
    if initial is None:
        initial = initial_splats(views, cam_from_obj, center, radius, options.start)
    generator = torch.Generator().manual_seed(options.seed)
    parameters = SplatParameters(initial, options.degree, options.rates, radius)
    density = Density(center, radius, options.most, generator)
    order = _order(len(views), options.steps, generator)
    for step in range(options.steps):
        parameters.slow_means(LAST_RATE ** (step / options.steps))
        harmonics = None if 3 * step >= options.steps else 1
        view, pose = views[order[step]], cam_from_obj[order[step]]
        background = torch.rand(3, generator=generator)
        render = _draw(parameters.splats(harmonics), view, pose, background)
        parameters.optimizer.zero_grad(set_to_none=True)
        view_loss(render, view, background, radius, options).backward()
        parameters.optimizer.step()
        pull = render.screen.values.grad
        assert pull is not None  # of the backward pass
        density.watch(pull, render.screen.extent)
        if (step + 1) % options.round_steps == 0 and step + 1 < options.steps:
            density.act(parameters, grow=step < options.growing * options.steps)
        if progress is not None:
            progress(step + 1, options.steps)
    return parameters.final()


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


def _draw(splats: Splats, view: Crop, pose: SE3, background: Tensor) -> SplatRender:
    render = render_splats(
        splats, pose, view.K, view.size, view.size, background=background, antialias=True, near=NEAR
    )
    render.screen.values.retain_grad()
    return render


def _order(views: int, steps: int, generator: torch.Generator) -> list[int]:
    """Every view once in a random order, then again in another."""
    rounds = -(-steps // views)
    return torch.cat([torch.randperm(views, generator=generator) for _ in range(rounds)]).tolist()
