"""How far rivals of drawn photos are from the truth: in diameters, in the picture, in pixels that differ."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant
from objpose.poses.rivals.pictures import SIDE, Drawn
from training.rivals.candidates import Shapes
from training.rivals.images import images_of
from training.rivals.photos import Photos
from training.rivals.solids import Dressed, free_turns


def errors_of(
    shapes: Shapes, photos: Photos, turns: Tensor, place: Tensor, every: int = 1
) -> tuple[Tensor, Tensor]:
    """(P, N), (P, N) as those of Case; of free turns every so many are tried."""
    points = shapes.points.mT
    found = (turns @ points[:, None] + place[..., None]).mT  # (P, N, V, 3)
    free = free_turns(points)[::every]
    same = constant(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), free)
    equals = torch.where(shapes.is_free[:, None, None, None] > 0, free, same)  # (P, E, 3, 3)
    truth = photos.rotation[:, None] @ equals @ points[:, None] + photos.place[:, None, :, None]
    truth = truth.mT  # (P, E, V, 3)
    gap = (found[:, :, None] - truth[:, None]).square().sum(-1).amax(-1).amin(-1).sqrt()
    flat = [x[..., :2] / x[..., 2:].clamp_min(0.2) for x in (found, truth)]
    off = (flat[0][:, :, None] - flat[1][:, None]).square().sum(-1).amax(-1).amin(-1).sqrt()
    return gap, off * photos.place[:, None, 2]


def drawn_rivals(things: Sequence[Dressed], turns: Tensor, place: Tensor, focals: list[float]) -> Drawn:
    """As the package draws them."""
    images = images_of(things, turns.flatten(0, 1), place.flatten(0, 1), focals, SIDE, smooth=False)
    shape = turns.shape[:2]
    relief = images.depth.unflatten(0, shape) - place[..., 2, None, None]
    shown = (images.depth > 0).float().unflatten(0, shape)
    normals, color = (x.permute(0, 3, 1, 2).unflatten(0, shape) for x in (images.normals, images.color))
    return Drawn(relief, shown, normals, color)


def differing(things: Sequence[Dressed], photos: Photos, drawn: Drawn) -> Tensor:
    """(P, K) camera pixels in which rivals look different from the truth, of those that can be seen."""
    truth = drawn_rivals(things, photos.rotation[:, None], photos.place[:, None], photos.focals)
    is_other = (drawn.color - truth.color).abs().amax(2) > 0.12
    is_other |= (drawn.normals - truth.normals).norm(dim=2) > 0.5
    both = truth.shown * drawn.shown > 0
    known = photos.seen.unsure[:, None] < 0.5
    differs = (is_other & both & (photos.visible[:, None] > 0.5)) | ((truth.shown != drawn.shown) & known)
    # A border that is a pixel off is no difference.
    wide = functional.avg_pool2d(differs.float().flatten(0, 1)[:, None], 3, 1, 1)[:, 0] > 0.6
    pixels = wide.float().sum((1, 2)).view(drawn.shown.shape[:2])
    return pixels * (photos.seen.native / SIDE) ** 2
