"""What is known of a frame in which some objects were found: the pixels that they show, and their ground."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import NEAR
from objpose.geometry import SE3, Camera, nearest_pixels
from objpose.objects import ObjectModel
from objpose.poses import GroundPlane
from objpose.raster import render_mesh


def silhouette(model: ObjectModel, cam_from_obj: SE3, camera: Camera) -> Tensor:
    """(H, W) bool: where an object in a pose () is seen, if nothing hides it; model: on the host."""
    pinhole, cam_from_mesh = camera.pinhole, model.cam_from_mesh(cam_from_obj)
    size = pinhole.width, pinhole.height
    drawn = render_mesh(
        model.coarse_mesh, cam_from_mesh[None], pinhole.K.float(), *size, outputs=("depth",), near=NEAR
    )
    mask = drawn.depth[0] > 0
    if camera.lens is None:
        return mask
    column, row, inside = nearest_pixels(pinhole.project(camera.rays()), *mask.shape)
    return mask[row, column] & inside


def ground_depth(ground: GroundPlane, camera: Camera) -> Tensor:
    """(H, W) metres along the optical axis to the ground; infinite where the camera does not see it."""
    rays = camera.rays(torch.float64)
    depth = ground.height / (rays @ torch.from_numpy(ground.normal))
    return torch.where(depth > NEAR, depth, torch.inf)
