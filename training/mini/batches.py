"""Batches to learn matching from: photos and templates of the same things, and the points that they show."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from objpose.geometry import upload
from objpose.objects.template_views import ViewOptions
from objpose.objects.templates import covered
from training.mini.exposures import FILL, SIZE, on_background, photographed
from training.mini.stock import Stock, Views, draw_views, framed

SIDES, EACH = 4, 4  # that things are seen from, and photos and templates of each
VIEWS = SIDES * EACH  # photos of a thing, and as many templates
SPREAD = 22.0  # degrees, at most, between a photo or template and the side it belongs to
AWAY = (2.5, 9.0)  # diameters
SPAN = (40.0, 112.0)  # pixels of a photo's frame
STRIDE = 8  # pixels between cells
CELLS = STRIDE * torch.arange(SIZE // STRIDE) + STRIDE // 2  # the pixels nearest to their centres


class Pictures(NamedTuple):
    """G things, V pictures of each, C = 400 cells a picture."""

    images: Tensor  # (G, V, 3, S, S) as features are given them
    owned: Tensor  # (G, V, C) bool: cells that the package describes
    points: Tensor  # (G, V, C, 3) of the surface, in diameters
    shown: Tensor  # (G, V, C) bool: where the thing is truly seen
    rotations: Tensor  # (G, V, 3, 3) cam_from_obj


class Batch(NamedTuple):
    photos: Pictures
    templates: Pictures
    equals: Tensor  # (G, 4, 3, 3)
    round: Tensor  # (G,) bool


def draw_batch(stock: Stock, number: Tensor, host: Generator, device: Generator) -> Batch:
    """Of the things numbered (G,), 16 photos and 16 templates of each, from four sides."""
    which = number.repeat_interleave(VIEWS)
    count = len(which)
    sides = random_turns(count // EACH, host).repeat_interleave(EACH, 0)
    rotations = nearby(sides.repeat(2, 1, 1), host)
    away, span = (low * (high / low) ** torch.rand(count, generator=host) for low, high in (AWAY, SPAN))
    away = torch.cat([away, torch.full((count,), ViewOptions().distance)])
    span = torch.cat([span, torch.full((count,), FILL * SIZE)])
    drawn = draw_views(
        stock, which.repeat(2), *framed(stock, which.repeat(2), rotations, away, span, SIZE), SIZE
    )
    shots = photographed(Views(*(values[:count] for values in drawn)), device)
    views = Views(*(values[count:] for values in drawn))
    photos = _pictures(stock, which, shots.masked, shots.mask, shots.points, shots.visible, rotations[:count])
    images = on_background(views.color, views.mask)
    templates = _pictures(stock, which, images, views.mask, views.points, views.mask, rotations[count:])
    return Batch(
        photos, templates, *(upload(of[number], device.device) for of in (stock.equals, stock.round))
    )


def random_turns(count: int, host: Generator) -> Tensor:
    """(count, 3, 3) uniform rotations."""
    w, x, y, z = torch.nn.functional.normalize(torch.randn(4, count, generator=host), dim=0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)


def nearby(rotations: Tensor, host: Generator) -> Tensor:
    """Rotations (N, 3, 3) turned by up to SPREAD about any axis."""
    axis = torch.nn.functional.normalize(torch.randn(len(rotations), 3, generator=host), dim=-1)
    angle = torch.rand(len(rotations), 1, generator=host) * math.radians(SPREAD)
    x, y, z = (axis * angle).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).view(-1, 3, 3)
    return torch.matrix_exp(cross) @ rotations


def _pictures(
    stock: Stock,
    which: Tensor,
    images: Tensor,
    mask: Tensor,
    points: Tensor,
    shown: Tensor,
    rotations: Tensor,
) -> Pictures:
    at_cells = slice(int(CELLS[0]), None, STRIDE)
    diameters = upload(stock.diameters[which], images.device)
    pictures = Pictures(
        images,
        covered(mask, 3)[:, at_cells, at_cells].flatten(1),
        (points[:, :, at_cells, at_cells].flatten(2) / diameters[:, None, None]).mT,
        shown[:, at_cells, at_cells].flatten(1),
        upload(rotations, images.device),
    )
    return Pictures(*(values.unflatten(0, (-1, VIEWS)) for values in pictures))
