"""Look-alikes drawn on a device, several in one go; nothing waits for the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from objpose.raster import face_normals, interpolate, rasterize, sample_texture
from training.rivals.solids import Dressed

NEAR = 0.02  # diameters: nothing nearer to the camera is drawn


class Images(NamedTuple):
    """Of N poses."""

    depth: Tensor  # (N, S, S) diameters, 0 = empty
    color: Tensor  # (N, S, S, 3) in [0, 1]
    normals: Tensor  # (N, S, S, 3) camera frame, towards the camera
    sunlit: Tensor | None = None  # (N, S, S, SUNS) in [0, 1], of each sun


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
