"""Poses that the shape cannot tell apart, told apart by features: FreeZe's symmetry-aware refinement.

Caraffa et al.: FreeZe, ECCV 2024: the textured object is rendered under each, and patches of the renderings
are compared with those of the frame, in place.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.crops import NEAR
from objpose.features import DenseFeatures
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.objects.templates import BACKGROUND
from objpose.poses.propose.visual_target import VisualCrop
from objpose.raster import render_mesh

NATS = 30.0  # for a cosine of 1 against one of 0: a tenth more alike is 20 times as likely


def patch_nats(model: ObjectModel, crop: VisualCrop, cam_from_obj: SE3, features: DenseFeatures) -> Tensor:
    """(B,) nats of poses (B,) by what the features see."""
    return NATS * patch_similarity(model, crop, cam_from_obj, features)


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
