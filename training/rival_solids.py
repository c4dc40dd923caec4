"""Look-alikes on a device: bodies in any coats, several drawn in one go; nothing waits for the host."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import SO3
from objpose.geometry.devices import constant, upload
from objpose.poses.rivals.openness import evenly, reached
from objpose.raster import face_normals, interpolate, rasterize, sample_texture, texture_pyramid
from objpose.raster.meshes.pyramid import Pyramid
from training import things
from training.prints import any_color
from training.rival_bodies import Body, load

SUNS = 12  # directions, of each of which it is known where a body shades itself
NEAR = 0.02  # diameters: nothing nearer to the camera is drawn
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


class Images(NamedTuple):
    """Of N poses."""

    depth: Tensor  # (N, S, S) diameters, 0 = empty
    color: Tensor  # (N, S, S, 3) in [0, 1]
    normals: Tensor  # (N, S, S, 3) camera frame, towards the camera
    sunlit: Tensor | None = None  # (N, S, S, SUNS) in [0, 1], of each sun


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
    flips = np.stack([np.diag(things.HALF_TURNS[i % body.flips]) for i in range(4)])
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


def depth_of(
    things_: Sequence[Dressed], rotation: Tensor, place: Tensor, focals: Sequence[float], size: int
) -> Tensor:
    """(N, S, S) diameters, 0 = empty; rotation (N, 3, 3), place (N, 3): as many of each thing."""
    found, each = [], len(place) // len(things_)
    for number, (thing, focal) in enumerate(zip(things_, focals, strict=True)):
        part = slice(number * each, (number + 1) * each)
        views = _views(rotation[part], place[part], focal, size)
        mesh = thing.solid.vertices, thing.solid.faces
        found.append(rasterize(*mesh, *views, size, size, near=NEAR, depth_only=True).depth)
    return torch.cat(found)


def images_of(
    things_: Sequence[Dressed],
    rotation: Tensor,
    place: Tensor,
    focals: Sequence[float],
    size: int,
    smooth: bool,
) -> Images:
    """smooth: normals as of the surface that the triangles stand for, and where suns reach it."""
    found, each = [], len(place) // len(things_)
    for number, (thing, focal) in enumerate(zip(things_, focals, strict=True)):
        part = slice(number * each, (number + 1) * each)
        found.append(_images(thing, rotation[part], place[part], focal, size, smooth))
    parts = zip(*found, strict=True)
    depth, color, normals, sunlit = (None if part[0] is None else torch.cat(part) for part in parts)
    if smooth:
        normals = functional.normalize(torch.einsum("nij,nhwj->nhwi", rotation, normals), dim=-1)
        normals = normals * torch.where(normals[..., 2:] > 0, -1.0, 1.0)
    return Images(depth, color, normals, sunlit)


def _images(
    thing: Dressed, rotation: Tensor, place: Tensor, focal: float, size: int, smooth: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """As Images; smooth normals are those of the object frame still."""
    solid = thing.solid
    matrices, K = _views(rotation, place, focal, size)
    shown = rasterize(solid.vertices, solid.faces, matrices, K, size, size, near=NEAR)
    if thing.pyramid is not None:
        color = sample_texture(thing.pyramid, solid.uvs, solid.faces, shown)
    else:
        color = interpolate(thing.colors, solid.faces, shown)
    if smooth:
        normals = interpolate(solid.normals, solid.faces, shown)
        return shown.depth, color, normals, interpolate(solid.sunlit, solid.faces, shown)
    return shown.depth, color, face_normals(solid.vertices, solid.faces, matrices, shown.face_ids), None


def _views(rotation: Tensor, place: Tensor, focal: float, size: int) -> tuple[Tensor, Tensor]:
    """(N, 3, 4) poses where they are, and (N, 3, 3) K on the host: a device would have to be waited for."""
    middle = (size - 1) / 2
    K = torch.tensor([[focal, 0, middle], [0, focal, middle], [0, 0, 1]], dtype=torch.float64)
    return torch.cat([rotation, place[..., None]], -1).double(), K.expand(len(place), 3, 3)


def turned(omega: Tensor) -> Tensor:
    """(*, 3, 3) rotations by vectors (*, 3), radians."""
    return SO3.exp(omega).matrix()
