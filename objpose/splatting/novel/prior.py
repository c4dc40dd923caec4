"""What may say how a scene looks from where no photo was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from objpose.geometry import SE3, Camera
from objpose.splatting.scene_view import SceneView


@dataclass(frozen=True, eq=False)
class KnownViews:
    """The N photos that a scene is fitted to.

    views: their exposures evened. cam_from_world: (N,), None where nobody knows it, for priors that do
    without. points: (P, 3) sparse ones, world; seen: (N, P) bool, which view sees which.
    """

    views: Sequence[SceneView]
    cam_from_world: SE3 | None
    points: Tensor
    seen: Tensor


@dataclass(frozen=True, eq=False)
class NovelView:
    """A picture from where no photo was taken.

    rgb: (H, W, 3) in [0, 1]; depth: (H, W) z-depth in world units; sigma: (H, W) standard deviation of the
    colours, inf where the prior does not say anything.
    """

    rgb: Tensor
    depth: Tensor
    sigma: Tensor

    @property
    def said(self) -> Tensor:
        """(H, W) bool."""
        return torch.isfinite(self.sigma)


@runtime_checkable
class NovelViewPrior(Protocol):
    """Pictures from elsewhere, by interpolation, a network that is fed forward, or anything else."""

    def view(self, known: KnownViews, camera: Camera, cam_from_world: SE3) -> NovelView:
        """What a camera () would see."""


@runtime_checkable
class ScorePrior(Protocol):
    """A model that tells a likely picture from an unlikely one, and which way it becomes likelier."""

    def pull(
        self,
        known: KnownViews,
        picture: Tensor,
        camera: Camera,
        cam_from_world: SE3,
        generator: torch.Generator,
    ) -> Tensor:
        """(H, W, 3) gradient of a loss by the colours of a drawn picture (H, W, 3) of a camera ().

        Score distillation (Poole et al.: DreamFusion, ICLR 2023) is of this kind: the expectation over noise
        of what the model would take away from the picture.
        """
