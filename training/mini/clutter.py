"""What stands before and behind a drawn thing: the other pictures of its batch, moved, and plain grounds."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional

from training.drawn.draws import log_uniform, normal, uniform
from training.mini.lamps import noise_field
from training.mini.stock import Views

HIDDEN = 0.5  # of the things, by another on one of their sides
HIDES = (-0.15, 0.55)  # of the thing's width that may be hidden; less than none: they stand beside
CROSSED = 0.25  # of the things, by something small
LEAST_VISIBLE = 0.3  # of an outline, or else nothing hides it


class Scene(NamedTuple):
    """B pictures of things among others."""

    light: Tensor  # (B, 3, S, S) that comes from everything
    visible: Tensor  # (B, S, S) bool: pixels of the thing
    neighbours: Tensor  # (B, S, S) bool: those of other things


def boxes(masks: Tensor) -> tuple[Tensor, Tensor]:
    """(B, 2) first and last column and row of masks (B, H, W); of empty ones the whole picture's."""
    sides = []
    for along in (1, 2):
        any_there = masks.any(along).byte()
        last = any_there.shape[1] - 1
        sides.append((any_there.argmax(1), last - any_there.flip(1).argmax(1)))
    low, high = (torch.stack(values, dim=-1).float() for values in zip(*sides, strict=True))
    return low, high


def warped(images: Tensor, turn: Tensor, scale: Tensor, middle: Tensor) -> Tensor:
    """(B, C, S, S) pictures turned and scaled about their middles, which come to `middle`; 0 beyond.

    turn: (B,) radians. scale: (B,). middle: (B, 2) column and row from the middle, in halves of the side.
    """
    axis = (torch.arange(images.shape[-1], device=images.device) + 0.5) * 2 / images.shape[-1] - 1
    cos, sin = ((values / scale)[:, None, None] for values in (turn.cos(), turn.sin()))
    across = axis - middle[:, 0, None, None]
    down = axis[:, None] - middle[:, 1, None, None]
    grid = torch.stack([cos * across + sin * down, cos * down - sin * across], dim=-1)
    return functional.grid_sample(images, grid, mode="bilinear", align_corners=False)


def among_others(light: Tensor, views: Views, generator: Generator) -> Scene:
    """The things, lit (B, 3, S, S), before two others of the batch, and half hidden by others at times."""
    mask = views.mask[:, None].float()
    pictures = torch.cat([light, mask], dim=1)
    layers = [_behind(pictures, generator), _behind(pictures, generator)]
    scene, there = _ground(light, generator), torch.zeros_like(mask)
    for layer in layers:
        scene, there = _over(layer, scene), torch.maximum(there, layer[:, 3:])
    scene = _over(pictures, scene)
    covers = [_at_the_side(pictures, mask, generator), _small(pictures, mask, generator)]
    hidden = torch.maximum(covers[0][:, 3:], covers[1][:, 3:]) > 0.5
    visible = (mask > 0) & ~hidden
    is_enough = visible.sum((1, 2, 3)) > LEAST_VISIBLE * mask.sum((1, 2, 3))
    for cover in covers:
        scene = _over(cover * is_enough.view(-1, 1, 1, 1), scene)
    visible = torch.where(is_enough.view(-1, 1, 1, 1), visible, mask > 0)
    neighbours = ~visible & ((there > 0.5) | (hidden & is_enough.view(-1, 1, 1, 1)))
    return Scene(scene, visible[:, 0], neighbours[:, 0])


def _over(layer: Tensor, scene: Tensor) -> Tensor:
    """A layer (B, 4, S, S), its colour weighed by how much it covers, before a scene (B, 3, S, S)."""
    return layer[:, :3] + (1 - layer[:, 3:]) * scene


def _others(pictures: Tensor, generator: Generator) -> Tensor:
    return pictures[torch.randperm(len(pictures), generator=generator, device=pictures.device)]


def _turns(count: int, generator: Generator) -> Tensor:
    return uniform(0, 2 * math.pi, (count,), generator)


def _behind(pictures: Tensor, generator: Generator) -> Tensor:
    """Anywhere, rather large; a third of the scenes go without."""
    count = len(pictures)
    others, turns = _others(pictures, generator), _turns(count, generator)
    scales, middles = log_uniform(0.6, 3, (count,), generator), 0.7 * normal((count, 2), generator)
    layer = warped(others, turns, scales, middles)
    return layer * (uniform(0, 1, (count, 1, 1, 1), generator) < 0.67)


def _at_the_side(pictures: Tensor, mask: Tensor, generator: Generator) -> Tensor:
    """Those that hide one side of the thing, or stand close beside it."""
    count, size = len(pictures), pictures.shape[-1]
    low, high = boxes(mask[:, 0] > 0)
    reach = (high - low).amax(1) / size
    side = _turns(count, generator)
    scale = uniform(0.6, 1.6, (count,), generator)
    others = torch.randperm(count, generator=generator, device=mask.device)
    away = reach * (1 - 2 * uniform(*HIDES, (count,), generator)) + 0.9 * scale * reach[others]
    middle = (low + high + 1) / size - 1 + away[:, None] * torch.stack([side.cos(), side.sin()], dim=-1)
    layer = warped(pictures[others], _turns(count, generator), scale, middle)
    return layer * (uniform(0, 1, (count, 1, 1, 1), generator) < HIDDEN)


def _small(pictures: Tensor, mask: Tensor, generator: Generator) -> Tensor:
    """Something small before the thing."""
    count = len(pictures)
    others, turns = _others(pictures, generator), _turns(count, generator)
    scales, middles = uniform(0.15, 0.5, (count,), generator), 0.5 * normal((count, 2), generator)
    layer = warped(others, turns, scales, middles)
    return layer * (uniform(0, 1, (count, 1, 1, 1), generator) < CROSSED)


def _ground(light: Tensor, generator: Generator) -> Tensor:
    """(B, 3, S, S) a wall or table: two colours in spots or one, brighter to one side, with grain."""
    count, size = len(light), light.shape[-1]
    one = (count, 1, 1, 1)
    hues = 1 + uniform(0, 0.5, (2, *one), generator) * normal((2, count, 3, 1, 1), generator)
    colors = uniform(0.03, 0.95, (2, *one), generator) * hues
    large, small = (noise_field(count, cells, size, generator) for cells in (5, 24))
    spots = large + uniform(0, 1.2, one, generator) * small
    share = torch.sigmoid(uniform(-3, 3, one, generator) + 2 * spots)
    ground = share * colors[0] + (1 - share) * colors[1]
    brighter = 1 + 0.25 * noise_field(count, 1, size, generator)
    grain = uniform(0, 0.06, (count, 1, 1, 1), generator) * normal((count, 1, size, size), generator)
    return (ground * brighter + grain).clamp(0, 1.5)
