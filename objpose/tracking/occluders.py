"""What known objects hide of each other."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from objpose.geometry import SE3, Camera
from objpose.objects import ObjectModel
from objpose.raster import render_mesh
from objpose.tracking.sight import Occluders, Sight

COARSER = 4  # times fewer pixels a side than the frame: an occluder's border need not be sharper


def occluders(
    models: Mapping[str, ObjectModel], cam_from_obj: Mapping[str, SE3], sight: Sight
) -> dict[str, Occluders]:
    """Of each object whose picture another's may touch, the depth of all others; poses () of the meshes."""
    if len(cam_from_obj) < 2:
        return {}
    height, width = sight.rgb.shape[0] // COARSER, sight.rgb.shape[1] // COARSER
    camera = Camera(sight.K.double(), sight.rgb.shape[1], sight.rgb.shape[0]).resize(width, height)
    K = camera.K.float()
    drawn = {
        name: render_mesh(models[name].coarse_mesh, pose, K, width, height).depth[0]
        for name, pose in cam_from_obj.items()
    }
    before = {
        name: [other for key, other in drawn.items() if key != name and _touch(drawn[name], other)]
        for name in drawn
    }
    return {name: Occluders(_nearest(others), K) for name, others in before.items() if others}


def _nearest(depths: list[Tensor]) -> Tensor:
    stacked = torch.stack(depths)
    nearest = torch.where(stacked > 0, stacked, torch.inf).amin(0)
    return torch.where(nearest < torch.inf, nearest, 0.0)


def _touch(one: Tensor, another: Tensor) -> bool:
    """Whether drawn things meet in a pixel or beside it."""
    return bool((max_pool2d(one[None], 3, 1, 1)[0] * another).any())
