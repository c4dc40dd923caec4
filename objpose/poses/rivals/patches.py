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
from objpose.geometry import HOST, SE3, upload
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
    shown = (render.mask & upload(crop.mask, model.device))[..., None]
    drawn = torch.where(shown, render.color, BACKGROUND).permute(0, 3, 1, 2)
    maps = features(torch.cat([upload(crop.image(), model.device), drawn]))
    column, row = maps.centres().to(HOST).round().long().unbind(-1)
    owned = upload(crop.mask[row, column].flatten().nonzero()[:, 0], model.device)
    patches = maps.descriptors.flatten(1, 2).index_select(1, owned)
    cosine = functional.cosine_similarity(patches[:1], patches[1:], dim=-1)
    return cosine.mean(-1).nan_to_num(0.0).clamp_min(0.0)
