"""Look-alikes on a device: bodies in any coats."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from objpose.geometry import SO3
from objpose.geometry.devices import constant, upload
from objpose.poses.rivals.openness import evenly, reached
from objpose.raster import texture_pyramid
from objpose.raster.meshes.pyramid import Pyramid
from training.drawn.prints import any_color
from training.drawn.shapes import HALF_TURNS
from training.rivals.bodies import Body
from training.rivals.stock import load

SUNS = 12  # directions, of each of which it is known where a body shades itself
TURNS = 24  # that stand for a free one
BANDED = 0.15  # of the coats that are not plain
HELD_OUT = 6  # every so many bodies and prints are kept for judging


class Solid(NamedTuple):
    """A body's arrays on a device."""

    body: Body
    vertices: Tensor  # (V, 3)
    faces: Tensor  # (F, 3) int32
    normals: Tensor  # (V, 3)
    uvs: Tensor  # (V, 2)
    points: Tensor  # (POINTS, 3)
    flips: Tensor  # (4, 3, 3) half turns that keep most of its shape, repeated if there are fewer
    sunlit: Tensor  # (V, SUNS) 0 or 1: where the light of each of `suns` is not kept off by the body itself


class Stock(NamedTuple):
    solids: list[Solid]
    around: list[Pyramid]  # prints that go round
    sides: list[Pyramid]


class Dressed(NamedTuple):
    """A body in a coat."""

    solid: Solid
    pyramid: Pyramid | None  # its print, or
    colors: Tensor | None  # (V, 3)
    is_free: bool  # any turn about z leaves it looking the same


def load_stock(file: Path, device: torch.device) -> tuple[Stock, Stock]:
    """To learn from, and held out."""
    bodies, around, sides = load(file)
    solids = [_solid(body, device) for body in bodies]
    prints = [
        [texture_pyramid(upload(torch.from_numpy(picture), device)) for picture in kind]
        for kind in (around, sides)
    ]
    parts = [
        [[x for i, x in enumerate(kind) if (i % HELD_OUT == 0) == held] for kind in (solids, *prints)]
        for held in (False, True)
    ]
    return Stock(*parts[0]), Stock(*parts[1])


def any_dressed(stock: Stock, dice: np.random.Generator) -> Dressed:
    """Any body in any coat of its kind, in any colours."""
    solid = stock.solids[dice.integers(len(stock.solids))]
    device = solid.vertices.device
    if dice.random() < solid.body.plain:
        color = upload(torch.from_numpy(any_color(dice)).float(), device)
        return Dressed(solid, None, color.expand(len(solid.vertices), 3).contiguous(), solid.body.is_turned)
    if dice.random() < BANDED:
        return Dressed(solid, None, _banded(solid, dice), False)
    prints = stock.around if solid.body.goes_round else stock.sides
    return Dressed(solid, _recolored(prints[dice.integers(len(prints))], dice), None, False)


def _banded(solid: Solid, dice: np.random.Generator) -> Tensor:
    """(V, 3) bands across a random direction."""
    count = int(dice.integers(2, 5))
    direction = dice.normal(size=3)
    numbers = np.concatenate([direction / np.linalg.norm(direction), dice.uniform(-0.3, 0.3, count - 1)])
    palette = np.stack([any_color(dice) for _ in range(count)])
    given = upload(
        torch.from_numpy(np.concatenate([numbers, palette.ravel()])).float(), solid.vertices.device
    )
    along = solid.vertices @ given[:3]
    band = (along[:, None] > given[3 : 2 + count]).sum(1)
    return given[2 + count :].view(count, 3)[band]


def _recolored(pyramid: Pyramid, dice: np.random.Generator) -> Pyramid:
    """Channels in another order, each between other ends, perhaps the other way round."""
    low, span = dice.uniform(0, 0.5, 3), dice.uniform(0.4, 1.0, 3)
    high = np.minimum(low + span, 1.0)
    swapped = dice.random() < 0.3
    low, high = (high, low) if swapped else (low, high)
    if dice.random() < 0.4:  # as it is
        low, high = np.zeros(3), np.ones(3)
    order = dice.permutation(3).tolist()
    ends = upload(torch.from_numpy(np.stack([low * 255, high - low])).float(), pyramid.texels.device)
    changed = (ends[0] + ends[1] * pyramid.texels[:, order]).to(torch.uint8)
    return Pyramid(changed, pyramid.sizes)


def _solid(body: Body, device: torch.device) -> Solid:
    arrays = (body.vertices, body.faces, body.normals, body.uvs, body.points)
    vertices, faces, normals, uvs, points = (upload(torch.from_numpy(x), device) for x in arrays)
    flips = np.stack([np.diag(HALF_TURNS[i % body.flips]) for i in range(4)])
    sunlit = reached(vertices, faces, normals, suns(device)).float().mT.contiguous()
    flips = upload(torch.from_numpy(flips).float(), device)
    return Solid(body, vertices, faces, normals, uvs, points, flips, sunlit)


def suns(device: torch.device) -> Tensor:
    """(SUNS, 3) unit directions, object frame."""
    return upload(evenly(SUNS), device)


def free_turns(like: Tensor) -> Tensor:
    """(TURNS, 3, 3) about z, the identity first."""
    return turned(
        torch.arange(TURNS, device=like.device)[:, None] * constant((0.0, 0.0, 2 * math.pi / TURNS), like)
    )


def turned(omega: Tensor) -> Tensor:
    """(*, 3, 3) rotations by vectors (*, 3), radians."""
    return SO3.exp(omega).matrix()
