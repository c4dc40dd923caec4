"""A frame as another camera in the same place sees it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.frame import Frame
from objpose.geometry import SO3, Camera, bilinear

SAMPLES = 2  # along a pixel's side, averaged: frames are often seen at half their size


def virtual_view(
    frame: Frame, mask: Tensor, camera: Camera, cam_from_view: SO3 | None = None
) -> tuple[Tensor, Tensor]:
    """(H, W, 3) colours in [0, 1] and (H, W) shares of a mask, of the frame's size, that `camera` would see.

    cam_from_view: () the turn of the virtual camera against the frame's, none by default. Means over
    SAMPLES x SAMPLES bilinear samples a pixel; black and 0 beyond the frame.
    """
    rays = camera.resize(camera.width * SAMPLES, camera.height * SAMPLES).rays()
    pixels = frame.camera.project(rays if cam_from_view is None else cam_from_view.apply(rays))
    planes = torch.cat([frame.rgb.float() / 255, mask[..., None].float()], dim=-1).permute(2, 0, 1)
    mean = functional.avg_pool2d(bilinear(planes[None], pixels[None]), SAMPLES)[0].permute(1, 2, 0)
    return mean[..., :3], mean[..., 3]
