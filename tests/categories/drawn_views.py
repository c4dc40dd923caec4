"""Drawn instances alone on a table, as an exact camera sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose import Frame
from objpose.geometry import SE3, SO3, Camera, Mesh
from objpose.raster import render_mesh
from training.categories.shapes import FAMILIES

CAMERA = Camera.from_K(torch.tensor([[400.0, 0, 159.5], [0, 400.0, 119.5], [0, 0, 1]]), 320, 240)
DISTANCE = 0.55  # metres


@dataclass(frozen=True, eq=False)
class View:
    frame: Frame
    mask: Tensor
    cam_from_obj: SE3  # of the middle of the box
    size: Tensor


def view(category: str, seed: int, turn: float, down: float = 0.6) -> View:
    """An instance that stands on a table, turned about z by `turn`, seen from `down` radians above it."""
    shape = FAMILIES[category](np.random.default_rng([77, seed]))
    low, high = shape.vertices.min(0), shape.vertices.max(0)
    mesh = Mesh(shape.vertices - (low + high) / 2, shape.faces)
    size = torch.from_numpy(high - low).float()
    tilt = SO3.exp([np.pi / 2 + down, 0.0, 0.0])
    pose = SE3.from_rotation_translation(tilt @ SO3.exp([0.0, 0.0, turn]), [0.0, 0.0, DISTANCE])
    drawn = render_mesh(mesh, pose[None], CAMERA.K, 320, 240).depth[0]
    table = _table(tilt.apply([0.0, 0.0, 1.0]), pose.translation, float(size[2]) / 2)
    depth = torch.where(drawn > 0, drawn, table)
    rgb = torch.full((240, 320, 3), 127, dtype=torch.uint8)
    return View(Frame(rgb, CAMERA, depth), drawn > 0, pose, size)


def _table(up: Tensor, middle: Tensor, below: float) -> Tensor:
    """(H, W) depth of the plane that lies so many metres below the middle."""
    rays = CAMERA.rays().float()
    depth = (up @ (middle - below * up)) / (rays @ up)
    return torch.where((depth > 0) & (depth < 3), depth, 0.0)
