"""An L-shaped block with its outlines, and pictures of it, which the tests of lines share."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
import trimesh
from torch import Tensor

from objpose.geometry import (
    SE3,
    SO3,
    Mesh,
    looking_at,
    moved_about,
    square_K,
    view_directions,
    view_rotations,
)
from objpose.raster import Outline, render_mesh

WIDTH, HEIGHT = 320, 240
SIDE, DISTANCE, FOCAL = 240, 0.8, 1000.0  # of the pictures that the outlines are made from
K = torch.tensor([[400.0, 0.0, 162.3], [0.0, 405.0, 117.6], [0.0, 0.0, 1.0]])
RADIUS = 0.08
ON, BESIDE = (200, 60, 40), (40, 110, 180)


class Outlines(NamedTuple):
    centre: Tensor  # (3,)
    directions: Tensor  # (V, 3)
    points: Tensor  # (V, N, 3)
    normals: Tensor  # (V, N, 3)
    reach: Tensor  # (V, N, 2)

    def of(self, view: Tensor) -> Outline:
        usable = torch.ones(len(view), self.points.shape[1], dtype=torch.bool)
        return Outline(self.points, self.normals, self.reach, view.int(), usable)


@lru_cache(maxsize=1)
def block() -> Mesh:
    """No symmetry, and an origin far from its middle."""
    parts = [
        trimesh.creation.box((0.12, 0.05, 0.04)).apply_translation((0.1, 0, 0)),
        trimesh.creation.box((0.04, 0.09, 0.04)).apply_translation((0.14, 0.06, 0.0)),
    ]
    solid = trimesh.util.concatenate(parts)
    return Mesh(torch.tensor(solid.vertices, dtype=torch.float32), torch.tensor(solid.faces))


@lru_cache(maxsize=1)
def outlines(count: int = 200, views: int = 60) -> Outlines:
    """Traced in pictures from all around."""
    mesh = block()
    centre = (mesh.vertices.amin(0) + mesh.vertices.amax(0)) / 2
    rotation = view_rotations(views, 1)
    obj_from_cam = looking_at(centre, rotation, DISTANCE).inverse()
    depth = render_mesh(mesh, looking_at(centre, rotation, DISTANCE), square_K(FOCAL, SIDE), SIDE, SIDE).depth
    traced = [_traced(image, count) for image in depth]
    points, normals, reach = (torch.stack(parts) for parts in zip(*traced, strict=True))
    turned = (obj_from_cam.rotation.matrix() @ normals.mT).mT
    return Outlines(centre, view_directions(views), obj_from_cam.apply_points(points), turned, reach)


def _traced(depth: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """(count, 3) points and normals, camera frame, and (count, 2) reach of a picture of depths."""
    mask = (depth > 0).double()
    soft = torch.nn.functional.avg_pool2d(mask[None, None], 7, 1, 3)[0, 0]
    slope = torch.stack([(soft.roll(-1, k) - soft.roll(1, k)) for k in (1, 0)], -1)
    least = -torch.nn.functional.max_pool2d(-mask[None, None], 3, 1, 1)[0, 0]
    rows, columns = torch.nonzero((mask > 0) & (least == 0), as_tuple=True)
    angle = torch.atan2(rows - rows.double().mean(), columns - columns.double().mean())
    order = angle.argsort()[torch.linspace(0, len(rows) - 1, count).long()]
    rows, columns = rows[order], columns[order]
    normal = -torch.nn.functional.normalize(slope[rows, columns], dim=-1)
    border = torch.stack([columns, rows], -1) + 0.5 * normal / normal.abs().amax(-1, keepdim=True)
    z = depth[rows, columns].double()
    middle = (SIDE - 1) / 2
    points = torch.cat([(border - middle) * (z / FOCAL)[:, None], z[:, None]], -1)
    reach = torch.stack([_reach(mask, border, sign * normal) for sign in (-1, 1)], -1)
    normals = torch.cat([normal, torch.zeros_like(z)[:, None]], -1)
    return points.float(), normals.float(), (reach * (z / FOCAL)[:, None]).float()


def _reach(mask: Tensor, border: Tensor, direction: Tensor) -> Tensor:
    """(n,) pixels from borders (n, 2) until the mask changes, at most half the picture."""
    steps = torch.arange(1, SIDE // 2, dtype=torch.float64)
    places = (border[:, None] + direction[:, None] * steps[:, None]).round().long().clamp(0, SIDE - 1)
    seen = mask[places[..., 1], places[..., 0]]
    changes = seen != seen[:, :1]
    return torch.where(changes.any(1), changes.double().argmax(1).double(), SIDE / 2)


def truth(count: int = 3, seed: int = 0) -> SE3:
    """(count,) cam_from_obj before the camera."""
    generator = torch.Generator().manual_seed(seed)
    rotation = SO3.random((count,), generator=generator)
    offset = (torch.rand(count, 3, generator=generator) - 0.5) * 0.06
    return looking_at(outlines().centre - offset, rotation, 0.6)


def picture(cam_from_obj: SE3, supersample: int = 4) -> Tensor:
    """(H, W, 3) uint8 of the block in one colour before another, with soft borders."""
    finer = K.clone()
    finer[:2] *= supersample
    finer[:2, 2] += (supersample - 1) / 2
    mask = render_mesh(block(), cam_from_obj, finer, WIDTH * supersample, HEIGHT * supersample).mask
    share = torch.nn.functional.avg_pool2d(mask.float(), supersample)[0, ..., None]
    on, beside = torch.tensor(ON, dtype=torch.float32), torch.tensor(BESIDE, dtype=torch.float32)
    return (share * on + (1 - share) * beside).round().to(torch.uint8)


def disturbed(cam_from_obj: SE3, shift: float, turn: float, seed: int = 0) -> Tensor:
    """(B, 7) poses moved by `shift` metres and turned by `turn` radians in random directions."""
    generator = torch.Generator().manual_seed(seed)
    step = torch.randn(len(cam_from_obj), 2, 3, generator=generator)
    step = torch.nn.functional.normalize(step, dim=-1) * torch.tensor([shift, turn])[:, None]
    return moved_about(outlines().centre, cam_from_obj.wxyz_xyz, step.flatten(1)).float().contiguous()


def pixel_error(cam_from_obj: Tensor, expected: SE3) -> Tensor:
    """(B,) largest distance in pixels between the vertices of the block under two poses each."""
    found, wanted = (pose.apply_points(block().vertices) @ K.T for pose in (SE3(cam_from_obj), expected))
    offset = found[..., :2] / found[..., 2:] - wanted[..., :2] / wanted[..., 2:]
    return offset.norm(dim=-1).amax(-1)
