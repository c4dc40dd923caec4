"""Many drawn things on a device, and their views: what they look like from where, many at once.

Things are made by processes, once, and stay on the device; poses and cameras are made on the host, so that
drawing never waits for the device.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ProcessPoolExecutor, wait
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from objpose.geometry import Mesh, upload
from objpose.raster import face_normals, interpolate, rasterize, sample_texture, texture_pyramid
from training.drawn.things import any_thing

EQUALS = 4  # rotations kept of a thing that looks the same under some
OUTERMOST = 128  # directions in which a thing's outermost vertices stand for it
AT_ONCE = 8  # things that a process makes before it hands them over

Made = tuple[dict[str, np.ndarray], np.ndarray, bool, float]  # mesh, rotations, round, diameter


class Stock(NamedTuple):
    """T things; all but the meshes lies on the host."""

    meshes: list[Mesh]  # on the device, metres, centred at the origin
    outermost: Tensor  # (T, 128, 3) metres, vertices that bound the thing's outline
    diameters: Tensor  # (T,) metres
    equals: Tensor  # (T, 4, 3, 3) rotations that leave it looking the same, repeated if there are fewer
    round: Tensor  # (T,) bool: any turn about z does too

    def __len__(self) -> int:
        return len(self.meshes)


class Views(NamedTuple):
    """B pictures of things without light, 0 where they show nothing."""

    color: Tensor  # (B, 3, S, S) in [0, 1], of the paint
    normals: Tensor  # (B, 3, S, S) camera frame, facing the camera
    points: Tensor  # (B, 3, S, S) of the surface, object frame, metres
    depth: Tensor  # (B, S, S) metres

    @property
    def mask(self) -> Tensor:
        return self.depth > 0

    def rows(self, index: Tensor) -> Views:
        return Views(*(values[index] for values in self))


def make_stock(count: int, seed: int, device: torch.device) -> Stock:
    """The things of a seed."""
    return _gathered([_made((seed, number)) for number in range(count)], device)


class GrowingStock:
    """The same things, made by processes while the first of them are in use already."""

    def __init__(self, count: int, seed: int, device: torch.device, pool: ProcessPoolExecutor) -> None:
        numbers = [(seed, number) for number in range(count)]
        parts = [numbers[first : first + AT_ONCE] for first in range(0, count, AT_ONCE)]
        self._coming = deque(pool.submit(_all_made, part) for part in parts)
        self._stock, self._device = _gathered(self._coming.popleft().result(), device), device

    def now(self) -> Stock:
        """What there is, and a few things more if they are ready."""
        if self._coming and self._coming[0].done():
            more = _gathered(self._coming.popleft().result(), self._device)
            tensors = (torch.cat(pair) for pair in zip(self._stock[1:], more[1:], strict=True))
            self._stock = Stock(self._stock.meshes + more.meshes, *tensors)
        return self._stock

    def whole(self) -> Stock:
        """All of them, when they are ready."""
        while self._coming:
            wait([self._coming[0]])
            self.now()
        return self._stock


def _all_made(numbers: list[tuple[int, int]]) -> list[Made]:
    torch.set_num_threads(1)
    return [_made(number) for number in numbers]


def _made(seed: tuple[int, int]) -> Made:
    """Plain arrays: they travel between processes without sharing memory."""
    thing = any_thing(np.random.default_rng(seed))
    names = ("vertices", "faces", "vertex_colors", "uvs", "texture")
    arrays = {name: getattr(thing.mesh, name) for name in names}
    mesh = {name: values.numpy() for name, values in arrays.items() if values is not None}
    return mesh, thing.equals, thing.round, thing.mesh.diameter()


def _gathered(made: list[Made], device: torch.device) -> Stock:
    meshes = [Mesh(**arrays) for arrays, *_ in made]
    repeated = [torch.from_numpy(e[np.arange(EQUALS) % len(e)]).float() for _, e, *_ in made]
    return Stock(
        [mesh.to(device) for mesh in meshes],
        torch.stack([_outermost(mesh.vertices) for mesh in meshes]),
        torch.tensor([diameter for *_, diameter in made]),
        torch.stack(repeated),
        torch.tensor([is_round for *_, is_round, _ in made]),
    )


def _outermost(vertices: Tensor) -> Tensor:
    """(128, 3) those of vertices (V, 3) that lie outermost in directions spread over the sphere."""
    number = torch.arange(OUTERMOST) + 0.5
    z, turn = 1 - 2 * number / OUTERMOST, number * np.pi * (1 + 5**0.5)
    level = (1 - z.square()).sqrt()
    directions = torch.stack([level * turn.cos(), level * turn.sin(), z], dim=-1)
    return vertices[(directions @ vertices.mT).argmax(1)]


def framed(
    stock: Stock, which: Tensor, rotations: Tensor, away: Tensor, span: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """Cameras that look at the things' middles: cam_from_obj (B, 3, 4), K (B, 3, 3) of size x size pixels.

    which: (B,) numbers of things. rotations: (B, 3, 3). away: (B,) diameters to the middle. span: (B,) pixels
    of the longer side of the box around the outline, whose middle is the picture's. On the host, as all else.
    """
    ahead = (away * stock.diameters[which])[:, None] * torch.tensor([0.0, 0.0, 1.0])
    cam_from_obj = torch.cat([rotations, ahead[..., None]], dim=-1)
    seen = stock.outermost[which] @ rotations.mT + ahead[:, None]
    plane = seen[..., :2] / seen[..., 2:]
    low, high = plane.amin(1), plane.amax(1)
    focal = span / (high - low).amax(-1)
    K = torch.eye(3).repeat(len(which), 1, 1)
    K[:, [0, 1], [0, 1]] = focal[:, None]
    K[:, :2, 2] = (size - 1) / 2 - focal[:, None] * (low + high) / 2
    return cam_from_obj, K


def draw_views(stock: Stock, which: Tensor, cam_from_obj: Tensor, K: Tensor, size: int) -> Views:
    """Views of the things numbered `which` (B,), under poses (B, 3, 4) and K (B, 3, 3), all on the host."""
    order = which.argsort(stable=True)
    numbers, counts = which[order].unique_consecutive(return_counts=True)
    parts = []
    for number, rows in zip(numbers.tolist(), order.split(counts.tolist()), strict=True):
        parts.append(_drawn(stock.meshes[number], cam_from_obj[rows], K[rows], size))
    back = upload(order.argsort(), parts[0].depth.device)
    return Views(*(torch.cat(images)[back] for images in zip(*parts, strict=True)))


def _drawn(mesh: Mesh, cam_from_obj: Tensor, K: Tensor, size: int) -> Views:
    fragments = rasterize(mesh.vertices, mesh.corners, cam_from_obj, K, size, size)
    normals = face_normals(mesh.vertices, mesh.corners, cam_from_obj, fragments.face_ids)
    points = interpolate(mesh.vertices, mesh.corners, fragments)
    if mesh.texture is not None and mesh.uvs is not None:
        color = sample_texture(texture_pyramid(mesh.texture), mesh.uvs, mesh.corners, fragments)
    else:
        assert mesh.vertex_colors is not None  # every thing has a coat
        color = interpolate(mesh.vertex_colors, mesh.corners, fragments)
    planes = (image.permute(0, 3, 1, 2) for image in (color, normals, points))
    return Views(*planes, fragments.depth)
