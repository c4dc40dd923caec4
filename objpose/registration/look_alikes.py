"""Which of the poses that the shape cannot tell apart: FreeZe's symmetry-aware refinement.

Caraffa et al.: FreeZe, ECCV 2024: the textured object is rendered under each, and patches of the renderings
are compared with those of the frame, in place.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.comparison import NEAR, distinct
from objpose.features import DenseFeatures
from objpose.geometry import SE3
from objpose.onboarding import ObjectModel
from objpose.onboarding.templates import BACKGROUND
from objpose.raster import render_mesh
from objpose.registration.observation import Observation
from objpose.registration.verify import verify
from objpose.registration.visual_target import VisualCrop

ALIKE = 0.9  # of the geometry score of the best pose: what has less is told apart by its shape
LIMIT = 4  # look-alikes that are looked at, those of best geometry


def unseen_look_alikes(
    model: ObjectModel, observation: Observation, poses: SE3, radius: float, tolerance: float
) -> SE3:
    """Look-alikes (k,) of the first of poses (B,) that explain the depth as well and are not among them.

    radius: metres, within which poses are the same; tolerance: metres, of `verify`. k <= LIMIT.
    """
    flips = poses[0] @ model.look_alikes
    both = SE3.cat([poses[:1], flips])
    geometry = verify(model.coarse_mesh, observation.crop, both, tolerance, use_structure=False).geometry
    order = geometry[1:].sort(descending=True, stable=True).indices
    alike = order[geometry[1:][order] >= ALIKE * geometry[0]]
    known = SE3.cat([poses, flips[alike]])
    kept = distinct(model, model.symmetry, known, radius, len(poses) + LIMIT)
    return known[kept[kept >= len(poses)]]


def patch_similarity(
    model: ObjectModel, crop: VisualCrop, cam_from_obj: SE3, features: DenseFeatures
) -> Tensor:
    """(B,) in [0, 1]: mean cosine, over the patches on the mask, of the frame's and those of renderings."""
    size = len(crop.mask)
    render = render_mesh(
        model.mesh, cam_from_obj, crop.camera.K, size, size, outputs=("depth", "color"), near=NEAR
    )
    # What hides the object hides it here too: only then are patches at its border alike.
    shown = (render.mask & crop.mask)[..., None]
    drawn = torch.where(shown, render.color, BACKGROUND).permute(0, 3, 1, 2)
    maps = features(torch.cat([crop.image(), drawn]))
    column, row = maps.centres().round().long().unbind(-1)
    patches = maps.descriptors[:, crop.mask[row, column]]
    cosine = functional.cosine_similarity(patches[:1], patches[1:], dim=-1)
    return cosine.mean(-1).nan_to_num(0.0).clamp_min(0.0)
