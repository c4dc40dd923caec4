"""Drawn images of a bumpy sphere, and a crop that they are compared with."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.crops import signed_distance
from objpose.geometry import SE3, Camera
from objpose.raster import (
    MaskBorder,
    MeasuredDepth,
    MeshRender,
    PictureEdges,
    Pixels,
    SeenColors,
    render_mesh,
)
from tests.raster.scenes import bumpy_sphere, random_poses

SIZE = 45  # no multiple of a register's floats
CAMERA = Camera.from_K([60.0, 0, 22.3, 0, 64.0, 21.6, 0, 0, 1], SIZE, SIZE)
OUTPUTS = ("depth", "normals", "color")


class DrawnScene(NamedTuple):
    drawn: MeshRender  # (B, S, S)
    pivot: Tensor  # (B, 3)
    pixels: Pixels
    measured: MeasuredDepth
    seen: SeenColors
    border: MaskBorder
    edges: PictureEdges
    weight: Tensor  # (B, S, S)


def drawn_scene(poses: int = 4, size: int = SIZE) -> DrawnScene:
    """Of poses about one, the last of which shows nothing, against noisy depth and mask of that one."""
    truth = random_poses(1, seed=3)
    moved = SE3(truth.wxyz_xyz + 0.02 * torch.randn(poses, 7, generator=torch.Generator().manual_seed(0)))
    moved = SE3.from_rotation_translation(moved.rotation.normalized(), moved.translation)
    moved.wxyz_xyz[-1, 4:] = torch.tensor([5.0, 0.0, 0.4])
    camera = CAMERA.resize(size, size)
    K = camera.K.float()
    generator = torch.Generator().manual_seed(1)
    drawn, there = (render_mesh(bumpy_sphere(2), p, K, size, size, outputs=OUTPUTS) for p in (moved, truth))
    mask = there.mask[0]
    pixels = Pixels.of(camera, mask)
    noise = 0.004 * torch.randn(pixels.size, generator=generator)
    channels, slopes = (torch.randn(*n, pixels.size, generator=generator) for n in ((3,), (2, 3)))
    distance = (signed_distance(mask) + 0.5).float()
    counts = torch.rand(size, size, generator=generator) > 0.1
    slope = torch.stack(torch.gradient(distance), dim=-1)
    return DrawnScene(
        drawn,
        moved.translation,
        pixels,
        MeasuredDepth(pixels(there.depth)[0] + noise, 0.004, 0.02),
        SeenColors(2 * channels, slopes),
        MaskBorder(distance, slope, counts, camera.rays(), K, 1.5, 6.0),
        PictureEdges(0.1 * torch.randn(size, size, 6, generator=generator), counts, camera.rays(), K, 1.7),
        torch.rand(poses, size, size, generator=generator),
    )
