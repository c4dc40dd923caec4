"""Where things stand in drawn photos: what is seen of one fills its crop, others are about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant
from objpose.poses.rivals.pictures import SIDE
from training.drawn.draws import happens, uniform
from training.rivals.images import depth_of
from training.rivals.solids import Dressed

CANVAS = 2 * SIDE  # pixels of a photo before the camera's own
COARSE = SIDE // 2  # pixels in which a crop is laid out
MARGIN = 1.4  # a crop's side, of its mask's longer one
LEAST = 0.35  # of an outline that is left to see
SPAN = 0.55  # of the crop's side: a diameter at the distance that a thing is laid out at
NEAREST = 1.3  # diameters, of a thing's middle
LAYERS = 3  # other things in a photo


class Pool(NamedTuple):
    """What may stand before or behind: pictures of other things, replaced as photos are drawn."""

    light: Tensor  # (N, 3, CANVAS, CANVAS) linear, half; whole photos
    alpha: Tensor  # (N, 1, CANVAS, CANVAS) half, the thing in each


class Layout(NamedTuple):
    place: Tensor  # (P, 3)
    theta: Tensor  # (P, LAYERS, 2, 3) of the layers' pictures, as `affine_grid` takes them
    chosen: Tensor  # (P, LAYERS) of the pool
    front: Tensor  # (P, LAYERS) 0 or 1
    cut: Tensor  # (P, 3): pixels (x, y) of [-1, 1] with x a + y b > c lie outside the frame


def empty_pool(count: int, rng: torch.Generator) -> Pool:
    light = uniform(0, 1, (count, 3, 8, 8), rng) * uniform(0, 1, (count, 3, 1, 1), rng)
    light = functional.interpolate(light, size=(CANVAS, CANVAS), mode="bicubic").clamp(0, 1)
    return Pool(light.half(), light.new_zeros(count, 1, CANVAS, CANVAS).half())


def laid_out(
    things: Sequence[Dressed],
    rotation: Tensor,
    distance: Tensor,
    focals: Sequence[float],
    pool: Pool,
    rng: torch.Generator,
) -> Layout:
    """Where things stand in the crops of what is visible; distance: (P,) diameters, before they are."""
    count, device = len(rotation), rotation.device
    place = constant((0.0, 0.0, 1.0), rotation) * distance[:, None]
    coarse = [focal * COARSE / SIDE for focal in focals]
    outline = (depth_of(things, rotation, place, coarse, COARSE) > 0).float()
    chosen = torch.randint(len(pool.light), (count, LAYERS), generator=rng, device=device)
    theta = affine(count, rng)
    front = happens(0.3, (count, LAYERS), rng)
    angle = uniform(0, 2 * torch.pi, (count,), rng)
    reach = torch.where(happens(0.12, (count,), rng) > 0, uniform(0.0, 0.45, (count,), rng), 9.0)
    cut = torch.stack([angle.cos(), angle.sin(), reach], -1)
    hidden = (alpha(pool, chosen, theta, COARSE)[:, :, 0] * front[..., None, None]).amax(1)
    visible = outline * (1 - hidden) * inside_cut(cut, COARSE)
    enough = (visible.sum((1, 2)) > LEAST * outline.sum((1, 2))).float()
    front, cut = (
        front * enough[:, None],
        torch.cat([cut[:, :2], torch.where(enough > 0, cut[:, 2], 9.0)[:, None]], 1),
    )
    visible = torch.where(enough[:, None, None] > 0, visible, outline)
    middle, side = _box(visible > 0.5)
    zoom = (2 / MARGIN / side * uniform(0.93, 1.03, (count,), rng)).clamp(0.5, 2.2)
    zoom = torch.minimum(zoom, distance / NEAREST)
    z = distance / zoom
    # A focal length is SPAN of the crop's side times the distance: its pixels are diameters at that distance.
    shift = -middle * zoom[:, None] / (2 * SPAN * distance[:, None]) * z[:, None]
    moved = torch.cat(
        [
            theta[..., :2] / zoom[:, None, None, None],
            (theta[..., :2] @ middle[:, None, :, None]) + theta[..., 2:],
        ],
        -1,
    )
    cut = torch.stack([cut[:, 0], cut[:, 1], (cut[:, 2] - (cut[:, :2] * middle).sum(1)) * zoom], -1)
    return Layout(torch.cat([shift, z[:, None]], 1), moved, chosen, front, cut)


def affine(count: int, rng: torch.Generator) -> Tensor:
    """(count, LAYERS, 2, 3): others turned, in sizes of their own, beside the middle."""
    shape = (count, LAYERS)
    angle, scale = uniform(-torch.pi, torch.pi, shape, rng), uniform(-0.5, 0.7, shape, rng).exp()
    away, direction = uniform(0.25, 1.1, shape, rng), uniform(-torch.pi, torch.pi, shape, rng)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    x, y = away * direction.cos(), away * direction.sin()
    turn = torch.stack([cos, -sin, sin, cos], -1).view(*shape, 2, 2)
    return torch.cat([turn, -(turn @ torch.stack([x, y], -1)[..., None])], -1)


def sampled(images: Tensor, theta: Tensor, size: int) -> Tensor:
    """(P, L, C, size, size) of images (P, L, C, h, w) under maps (P, L, 2, 3); nothing lies beyond."""
    flat = images.flatten(0, 1)
    grid = functional.affine_grid(theta.flatten(0, 1), [len(flat), 1, size, size], align_corners=False)
    found = functional.grid_sample(flat, grid.to(flat.dtype), mode="bilinear", align_corners=False)
    return found.unflatten(0, images.shape[:2])


def alpha(pool: Pool, chosen: Tensor, theta: Tensor, size: int) -> Tensor:
    """(P, L, 1, size, size) of what is chosen of the pool."""
    return sampled(pool.alpha[chosen].float(), theta, size)


def inside_cut(cut: Tensor, size: int) -> Tensor:
    """(P, size, size) 0 or 1."""
    place = (2 * torch.arange(size, device=cut.device) + 1) / size - 1
    across = cut[:, 0, None, None] * place + cut[:, 1, None, None] * place[:, None]
    return (across < cut[:, 2, None, None]).float()


def _box(mask: Tensor) -> tuple[Tensor, Tensor]:
    """(P, 2) the middle and (P,) the longer side of masks (P, S, S), the picture being [-1, 1]."""
    size = mask.shape[-1]
    place = (2 * torch.arange(size, device=mask.device) + 1) / size - 1
    ends = []
    for axis in (1, 2):  # columns, rows
        line = mask.any(axis)
        ends.append((torch.where(line, place, 9.0).amin(1), torch.where(line, place, -9.0).amax(1)))
    low, high = (torch.stack([x, y], -1) for x, y in zip(*ends, strict=True))
    return (low + high) / 2, (high - low).amax(-1).clamp_min(2 / size) + 2 / size
