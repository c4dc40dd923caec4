"""Crops that splats themselves draw: the refinement's truth without a model error."""

from __future__ import annotations

import functools

import torch

from objpose.crops import Crop
from objpose.geometry import SE3, SO3, Camera
from objpose.raster import Splats, render_splats
from objpose.splatting import mesh_splats
from tests.synthetic import MESHES

SIZE = 64
CAMERA = Camera.from_K([260.0, 0, 31.0, 0, 262.0, 33.0, 0, 0, 1], SIZE, SIZE)
TRUTH = SE3.from_rotation_translation(
    SO3.exp(torch.tensor([0.4, -0.7, 0.5])), torch.tensor([0.004, -0.006, 0.75])
)


@functools.cache
def blob_splats() -> Splats:
    return mesh_splats(MESHES["painted_blob"](), 1500)


def picture(splats: Splats, cam_from_obj: SE3, with_depth: bool, gain: float = 1.0) -> Crop:
    """The splats before a grey wall, in a light `gain` times as strong."""
    render = render_splats(splats, cam_from_obj, CAMERA.K, SIZE, SIZE, antialias=True)
    mask = render.alpha[0] > 0.5
    wall = torch.full((SIZE, SIZE, 3), 0.4)
    color = torch.where(mask[..., None], render.color[0] / render.alpha[0].clamp_min(0.5)[..., None], wall)
    depth = torch.where(mask, render.depth[0], 1.2) * float(with_depth)
    inside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    return Crop((gain * color).clamp(0, 1), depth, mask, inside, CAMERA)


def disturbed(splats: Splats, degrees: float, meters: float, seed: int = 0) -> SE3:
    """TRUTH turned about the object's centre and moved."""
    generator = torch.Generator().manual_seed(seed)
    axis, direction = torch.nn.functional.normalize(torch.randn(2, 3, generator=generator), dim=-1)
    pivot = TRUTH.apply((splats.means.amin(0) + splats.means.amax(0)) / 2)
    turn = SO3.exp(axis * torch.tensor(degrees).deg2rad())
    moved = turn.apply(TRUTH.translation - pivot) + pivot + meters * direction
    return SE3.from_rotation_translation(turn @ TRUTH.rotation, moved)


def errors(found: SE3) -> tuple[float, float]:
    """Degrees and metres from TRUTH, the latter where the object's frame has its origin."""
    angle = float((found.rotation.inverse() @ TRUTH.rotation).angle().rad2deg())
    return angle, float((found.translation - TRUTH.translation).norm())
