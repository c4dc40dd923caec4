"""A scene as splats, fitted to a few posed photos of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.errors import InputError, warn_input
from objpose.geometry import SE3
from objpose.raster import SplatRender, Splats, render_splats
from objpose.splatting.density import Density
from objpose.splatting.exposure import log_gains
from objpose.splatting.losses import ssim
from objpose.splatting.novel import KnownViews, NovelTargets, NovelViewPrior, ScorePrior
from objpose.splatting.parameters import Rates, SplatParameters
from objpose.splatting.scene_depth import ViewDepth, view_depths
from objpose.splatting.scene_start import scene_splats
from objpose.splatting.scene_view import SceneView
from objpose.splatting.training import Training, view_order
from objpose.work import within

LAST_RATE = 0.05  # of the means' rate, reached at the end
NEAR = 0.2  # of the smallest depth that the views have: nothing nearer to a camera is drawn
SWEPT_SIZE = 160  # pixels of the longer side of the views that depth is swept in
NOVEL = -1  # in the order of the steps: a view that nobody took
UNSURE_WEIGHT = 0.1  # of filled depth against sure one


@dataclass(frozen=True)
class SceneFitOptions:
    steps: int = 300  # of one view each
    size: int = 320  # pixels of the longer side of the views
    start: int = 14_000  # splats at the start, about
    most: int = 20_000  # splats at the end, at most
    degree: int = 0  # of the harmonics: few views do not tell gloss from shape
    round_steps: int = 100  # between two rounds of densification and pruning
    growing: float = 0.6  # share of the steps in which splats are added
    structure: float = 0.2  # of 1 - SSIM in the loss, the rest being L1
    mask: float = 0.5  # of the mask's L1 in the loss, where views have masks
    depth: float = 1.0  # of the L1 of log depth in the loss: few views leave it open
    opacity: float = 0.01  # of the mean opacity in the loss: what shows nothing fades
    rates: Rates = Rates(means=5e-4)  # of the means: times the views' median depth
    exposure_rate: float = 2e-3  # of the logarithm of each view's gains
    novel_share: float = 0.25  # of the steps, which draw a view that nobody took, where there is a prior
    novel: float = 0.3  # of what the prior says of such a view in the loss of its step
    seed: int = 0


@within()
def fit_scene(
    views: Sequence[SceneView],
    cam_from_world: SE3,
    points: Tensor,
    seen: Tensor,
    options: SceneFitOptions = SceneFitOptions(),
    progress: Callable[[int, int], None] | None = None,
    prior: NovelViewPrior | ScorePrior | None = None,
) -> Splats:
    """Splats of a scene from N posed photos and sparse points; world frame, with harmonics.

    Depth is swept between neighbouring views; splats start on it, and Adam moves them until they look like
    the views (Kerbl et al.: 3D Gaussian Splatting, 2023) while their depth stays with that of the sweep,
    which few views need. Each view has gains of its own for its exposure, with a mean of one over the views.
    What masks leave out is empty; without masks empty space is black.

    Args:
        cam_from_world: (N,). points: (P, 3) sparse ones, world; seen: (N, P) bool, which view sees which.
        progress: called with (step, steps).
        prior: what says how views between the photos look, or which of their pictures are likely;
            `novel_share` of the steps draw such views.

    Raises:
        InputError: fewer than two views, and masks that leave nothing.
    """
    if len(views) < 2:
        raise InputError("views", f"{len(views)} views", "two or more", "place another photo")
    cam_from_world, points = cam_from_world.to(torch.float32), points.float()
    views = [view.smaller(options.size) for view in views]
    small = [view.smaller(SWEPT_SIZE) for view in views]
    depths = view_depths(small, cam_from_world, points, seen)
    gains = log_gains(small, cam_from_world, points, seen)
    evened = [replace(view, rgb=view.rgb / gain.exp()) for view, gain in zip(small, gains, strict=True)]
    start = scene_splats(evened, cam_from_world, depths, options.start)
    if not len(start):
        raise InputError("views", "masks that leave nothing", "masks of the scene", "check the masks")
    fit = _Fit(views, cam_from_world, depths, start, gains, options)
    if prior is not None:
        novel = NovelTargets(prior, KnownViews(evened, cam_from_world, points, seen), fit.generator)
        if novel.cameras:
            fit.novel = novel
        else:
            warn_input("prior", "no two views that share points", "views that overlap", "it takes no part")
    return fit.run(progress)


class _Fit:
    def __init__(
        self,
        views: Sequence[SceneView],
        cam_from_world: SE3,
        depths: Sequence[ViewDepth],
        start: Splats,
        gains: Tensor,
        options: SceneFitOptions,
    ):
        self.views, self.cam_from_world, self.options = views, cam_from_world, options
        self.targets = [_upsampled(depth, view) for depth, view in zip(depths, views, strict=True)]
        every = torch.cat([depth.depth.flatten() for depth in depths])
        self.depth = float(every.median())
        self.near = NEAR * float(every.min())
        self.generator = torch.Generator().manual_seed(options.seed)
        self.parameters = SplatParameters(start, options.degree, options.rates, self.depth)
        centre = start.means.median(0).values
        radius = float((start.means - centre).norm(dim=-1).quantile(0.99))
        self.density = Density(centre, radius, options.most, self.generator)
        self.gains = gains.clone().requires_grad_()
        self.exposure = torch.optim.Adam([self.gains], lr=options.exposure_rate)
        self.novel: NovelTargets | None = None

    def run(self, progress: Callable[[int, int], None] | None) -> Splats:
        order = view_order(len(self.views), self.options.steps, self.generator)
        if self.novel is not None:
            drawn = torch.rand(len(order), generator=self.generator) < self.options.novel_share
            order = [NOVEL if new else view for new, view in zip(drawn.tolist(), order, strict=True)]
        training = Training(self.parameters, self.density, self.options, LAST_RATE, [self.exposure])
        return training.run(self._shown, order, progress)

    def _shown(self, splats: Splats, index: int) -> tuple[SplatRender, Tensor]:
        if index == NOVEL:
            assert self.novel is not None
            render, loss = self.novel.drawn(splats, self.near)
            return render, self.options.novel * loss
        view = self.views[index]
        background = torch.zeros(3) if view.mask is None else torch.rand(3, generator=self.generator)
        camera = view.camera
        size = (camera.width, camera.height)
        render = render_splats(
            splats, self.cam_from_world[index], camera.K, *size,
            background=background, antialias=True, near=self.near,
        )  # fmt: skip
        return render, self._loss(render, index, background)

    def _loss(self, render: SplatRender, index: int, background: Tensor) -> Tensor:
        options, view = self.options, self.views[index]
        gain = (self.gains[index] - self.gains.mean(0)).exp()
        shown = view.shown.float()
        target = view.rgb * shown[..., None] + background * (1 - shown[..., None])
        beyond = (1 - render.alpha[0])[..., None] * background
        color = (render.color[0] - beyond) * gain + beyond
        loss = (1 - options.structure) * (color - target).abs().mean()
        loss = loss + options.structure * (1 - ssim(color[None], target[None])[0])
        if view.mask is not None:
            loss = loss + options.mask * (render.alpha[0] - shown).abs().mean()
        depth, weight = self.targets[index]
        weight = weight * (render.alpha[0].detach() > 0.5)
        gap = (render.depth[0].clamp_min(self.near) / depth).log().abs().clamp_max(0.5)
        loss = loss + options.depth * (gap * weight).mean()
        return loss + options.opacity * self.parameters.values["opacities"].sigmoid().mean()


def _upsampled(found: ViewDepth, view: SceneView) -> tuple[Tensor, Tensor]:
    """(H, W) depth and its weight at the view's size."""
    weight = torch.where(found.sure, 1.0, UNSURE_WEIGHT)
    planes = torch.stack([1 / found.depth, weight])[None]
    planes = torch.nn.functional.interpolate(planes, size=view.rgb.shape[:2], mode="nearest-exact")[0]
    return 1 / planes[0], planes[1] * view.shown
