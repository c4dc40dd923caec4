"""Poses that the shape cannot tell apart, told apart by features: FreeZe's symmetry-aware refinement.

Caraffa et al.: FreeZe, ECCV 2024: the textured object is rendered under each, and patches of the renderings
are compared with those of the frame, in place.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from objpose.crops import NEAR, Crop
from objpose.features import DenseFeatures
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.objects.templates import BACKGROUND
from objpose.poses.answer import PoseAnswer
from objpose.poses.flips import unseen_look_alikes
from objpose.poses.pipeline import Move
from objpose.poses.propose.visual_target import VisualCrop
from objpose.raster import render_mesh


@dataclass(frozen=True, eq=False)
class PatchLook:
    """What `pipeline.SecondLook` asks for."""

    model: ObjectModel
    crop: Crop  # of which the depth sorts out look-alikes
    tolerance: float  # metres, of the judge by depth
    move: Move  # of look-alikes, before they are refined
    features: DenseFeatures
    seen: VisualCrop  # the frame at the features' scale

    def rivals(self, answer: PoseAnswer) -> SE3:
        """The look-alikes of the best pose that the answer lacks."""
        if not len(self.model.look_alikes):
            return SE3.identity((0,))
        return self.move(unseen_look_alikes(self.model, self.crop, answer.cam_from_obj, self.tolerance))

    def likeness(self, cam_from_obj: SE3) -> Tensor:
        return patch_similarity(self.model, self.seen, cam_from_obj, self.features)


def patch_similarity(
    model: ObjectModel, crop: VisualCrop, cam_from_obj: SE3, features: DenseFeatures
) -> Tensor:
    """(B,) in [0, 1]: mean cosine, over the patches on the mask, of the frame's and those of renderings."""
    size = len(crop.mask)
    render = render_mesh(
        model.mesh, cam_from_obj, crop.camera.K, size, size, outputs=("depth", "color"), near=NEAR
    )
    assert render.color is not None  # asked for
    # What hides the object hides it here too: only then are patches at its border alike.
    shown = (render.mask & crop.mask)[..., None]
    drawn = torch.where(shown, render.color, BACKGROUND).permute(0, 3, 1, 2)
    maps = features(torch.cat([crop.image(), drawn]))
    column, row = maps.centres().round().long().unbind(-1)
    patches = maps.descriptors[:, crop.mask[row, column]]
    cosine = functional.cosine_similarity(patches[:1], patches[1:], dim=-1)
    return cosine.mean(-1).nan_to_num(0.0).clamp_min(0.0)
