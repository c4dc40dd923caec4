"""Objects on a table with known masks: what a camera above it sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.frame import Frame
from objpose.geometry import SE3, SO3, Camera, Mesh
from objpose.raster import render_mesh
from tests.synthetic import MESHES

WIDTH, HEIGHT = 320, 240
CAMERA = Camera.from_K([300.0, 0, 160.3, 0, 301.0, 118.6, 0, 0, 1], WIDTH, HEIGHT)
TILT = 0.7  # radians by which the camera looks down
DISTANCE = 0.6  # metres from the camera to the middle of the table


@dataclass(frozen=True, eq=False)
class Tabletop:
    frame: Frame
    masks: list[Tensor]  # (H, W) bool, the visible pixels of each object
    cam_from_table: SE3  # x right, y away, z up


def tabletop(
    placed: list[tuple[str, tuple[float, float, float], float]], noise: float = 0.001, seed: int = 0
) -> Tabletop:
    """Objects of tests.synthetic.MESHES, each with its place on the table (metres) and turn about z."""
    rng = np.random.default_rng(seed)
    looking_down = SO3.exp(torch.tensor([torch.pi / 2 + TILT, 0.0, 0.0]))
    cam_from_table = SE3.from_rotation_translation(looking_down, torch.tensor([0.0, 0.0, DISTANCE]))
    drawn = [_drawn(_ground(rng), cam_from_table)]
    for name, place, turn in placed:
        upright = SO3.exp(torch.tensor([0.0, 0.0, turn]))
        table_from_obj = SE3.from_rotation_translation(upright, torch.tensor(place))
        drawn.append(_drawn(MESHES[name](), cam_from_table @ table_from_obj))
    depths = torch.stack([torch.where(depth > 0, depth, torch.inf) for depth, _ in drawn])
    nearest = depths.argmin(0)
    depth = depths.amin(0).nan_to_num(posinf=0.0)
    rgb = torch.stack([color for _, color in drawn]).gather(0, nearest[None, ..., None].expand(1, -1, -1, 3))[
        0
    ]
    rgb = rgb + 0.01 * torch.from_numpy(rng.normal(size=rgb.shape)).float()
    depth = (depth + noise * torch.from_numpy(rng.normal(size=depth.shape)).float()) * (depth > 0)
    frame = Frame((rgb.clamp(0, 1) * 255).round().to(torch.uint8), CAMERA, depth.clamp_min(0.0))
    masks = [(nearest == index) & (depth > 0) for index in range(1, len(drawn))]
    return Tabletop(frame, masks, cam_from_table)


def overlap(one: Tensor, other: Tensor) -> float:
    """Intersection over union of two masks."""
    return float((one & other).sum() / (one | other).sum().clamp_min(1))


def best_overlap(found: list, truth: Tensor) -> float:
    """Of things with a mask, the best overlap with the truth."""
    return max((overlap(one.mask, truth) for one in found), default=0.0)


def _drawn(mesh: Mesh, cam_from_obj: SE3) -> tuple[Tensor, Tensor]:
    drawn = render_mesh(
        mesh, cam_from_obj, CAMERA.K, WIDTH, HEIGHT, outputs=("depth", "color"), supersample=2
    )
    return drawn.depth[0], drawn.color[0]


def _ground(rng: np.random.Generator) -> Mesh:
    """A table of 2 x 2 m at z = 0 in soft shades of green."""
    steps = np.linspace(-1.0, 1.0, 41)
    x, y = np.meshgrid(steps, steps, indexing="ij")
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=-1)
    corner = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (
        part.ravel() for part in (corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:])
    )
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    colors = np.array([0.25, 0.5, 0.3]) + rng.uniform(-0.04, 0.04, (x.size, 1))
    return Mesh(vertices, faces, vertex_colors=colors)
