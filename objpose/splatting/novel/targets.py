"""What splats are pulled to in views that nobody took."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, Camera
from objpose.raster import SplatRender, Splats, render_splats
from objpose.splatting.novel.between import cameras_between
from objpose.splatting.novel.prior import KnownViews, NovelView, NovelViewPrior, ScorePrior

COUNT = 24  # cameras between the photos
CERTAIN = 0.03  # sigma of colours that count in full
DEPTH = 0.5  # weight of the L1 of log depth against that of colour


class NovelTargets:
    """Cameras between the photos, and the loss of what splats look like there.

    Pictures of a NovelViewPrior are made once; a ScorePrior is asked of every drawing.
    """

    def __init__(self, prior: NovelViewPrior | ScorePrior, known: KnownViews, generator: torch.Generator):
        self.prior, self.known, self.generator = prior, known, generator
        self.cameras = cameras_between(known, COUNT, generator)
        self.views: dict[int, NovelView] = {}
        self.turn = 0

    def drawn(self, splats: Splats, near: float) -> tuple[SplatRender, Tensor]:
        """The splats in the next camera, and their loss (): 0 where the prior does not say anything."""
        index, self.turn = self.turn % len(self.cameras), self.turn + 1
        camera, cam_from_world = self.cameras[index]
        size = (camera.width, camera.height)
        render = render_splats(splats, cam_from_world, camera.K, *size, antialias=True, near=near)
        if isinstance(self.prior, NovelViewPrior):
            if index not in self.views:
                self.views[index] = self.prior.view(self.known, camera, cam_from_world)
            return render, _misfit(render, self.views[index], near)
        return render, self._distilled(self.prior, render, camera, cam_from_world)

    def _distilled(
        self, prior: ScorePrior, render: SplatRender, camera: Camera, cam_from_world: SE3
    ) -> Tensor:
        """() whose gradient by the drawing is the prior's pull."""
        color = render.color[0]
        pull = prior.pull(self.known, color.detach(), camera, cam_from_world, self.generator)
        return (color * pull).sum()


def _misfit(render: SplatRender, wanted: NovelView, near: float) -> Tensor:
    """() L1 of colour and of log depth, each pixel by how sure the prior is of it."""
    weight = CERTAIN / wanted.sigma.clamp_min(CERTAIN)  # 0 where sigma is inf
    color = (render.color[0] - wanted.rgb).abs().mean(-1)
    gap = (render.depth[0].clamp_min(near) / wanted.depth).log().abs().clamp_max(0.5)
    solid = render.alpha[0].detach() > 0.5
    return (weight * (color + DEPTH * gap * solid)).mean()
