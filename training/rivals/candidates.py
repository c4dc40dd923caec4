"""Poses that may be rivals: the truth's neighbour, turned, tilted, sized, any; laid on the mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant, upload
from objpose.poses.rivals.pictures import SIDE
from training.drawn.draws import happens, normal, random_rotations, uniform
from training.rivals.photos import Photos
from training.rivals.solids import Dressed, turned

TURNED, TILTED, SIZED, ANY = 12, 9, 4, 14  # candidates by kind, besides the truth's neighbour
SMALL_TURN, SMALL_SIZE, SMALL_SHIFT = 0.025, 0.012, 0.5  # radians, of the distance, pixels: of alignment
LEAST_Z = 1.05  # diameters


class Shapes(NamedTuple):
    """Of the thing in each photo."""

    points: Tensor  # (P, V, 3)
    flips: Tensor  # (P, 4, 3, 3)
    near_round: Tensor  # (P,) 0 or 1
    is_free: Tensor  # (P,) 0 or 1


def shapes_of(things: Sequence[Dressed], photos: Photos) -> Shapes:
    count = len(photos.rotation)
    each, device = count // len(things), photos.rotation.device
    flags = torch.tensor([[thing.solid.body.near_round, thing.is_free] for thing in things])
    parts = [thing.solid.points for thing in things], [thing.solid.flips for thing in things]
    values = [*(torch.stack(part) for part in parts), *upload(flags.float(), device).unbind(1)]
    return Shapes(*(x.repeat_interleave(each, 0, output_size=count) for x in values))


def candidates(shapes: Shapes, photos: Photos, rng: torch.Generator) -> Tensor:
    """(P, N, 3, 3) rotations: the truth's neighbour first."""
    truth = photos.rotation
    count = len(truth)
    flip = torch.randint(4, (count, TURNED), generator=rng, device=truth.device)
    flips = shapes.flips.gather(1, flip[..., None, None].expand(-1, -1, 3, 3))
    angle = uniform(0.15, 2 * torch.pi - 0.15, (count, TURNED), rng) * shapes.near_round[:, None]
    near = truth[:, None] @ turned(angle[..., None] * constant((0.0, 0.0, 1.0), angle)) @ flips
    tilt = functional.normalize(normal((count, TILTED, 3), rng), dim=-1)
    tilted = truth[:, None] @ turned(tilt * uniform(0.15, 1.0, (count, TILTED, 1), rng))
    same = truth[:, None].expand(-1, SIZED, -1, -1)
    any_ = random_rotations(count * ANY, rng).view(count, ANY, 3, 3)
    turns = torch.cat([truth[:, None], near, tilted, same, any_], 1)
    off = SMALL_TURN * normal((*turns.shape[:2], 3), rng) * _heavy(turns.shape[:2], rng)[..., None]
    return turned(off) @ turns


def _heavy(shape: torch.Size, rng: torch.Generator) -> Tensor:
    """Factors of errors: most alignments are fine, some are not."""
    return 0.4 + 2.2 * torch.rand(shape, generator=rng, device=rng.device).pow(3)


def placed(shapes: Shapes, photos: Photos, turns: Tensor, rng: torch.Generator, is_shown: bool) -> Tensor:
    """(P, N, 3): where each fits the true outline's box, or the mask's alone at times; and a little off."""
    count, many = turns.shape[:2]
    focal = photos.focal[:, None]
    points = turns @ shapes.points.mT[:, None]  # (P, N, 3, V)
    truth = photos.rotation @ shapes.points.mT + photos.place[..., None]
    fooled = happens(0.35, (count, 1), rng) * happens(0.5, (count, many), rng)
    fooled[:, 0] = 0
    fooled = fooled if is_shown else torch.ones_like(fooled)
    whole, of_mask = _spanned(truth[:, None], focal), _mask_box(photos.seen.mask)[:, None]
    target = torch.where(fooled[..., None] > 0, of_mask, whole)
    place = photos.place[:, None].expand(-1, many, -1)
    for _ in range(3):
        own = _spanned(points + place[..., None], focal)
        wider = (own[..., 2:].prod(-1) + 1e-6) / (target[..., 2:].prod(-1) + 1e-6)
        place = _moved(place, wider.sqrt().clamp(0.5, 2), target[..., :2] - own[..., :2], focal)
    heavy = _heavy(turns.shape[:2], rng)
    size = SMALL_SIZE * normal((count, many), rng) * heavy
    sized = slice(1 + TURNED + TILTED, 1 + TURNED + TILTED + SIZED)
    size[:, sized] += uniform(0.04, 0.25, (count, SIZED), rng) * (2 * happens(0.5, (count, SIZED), rng) - 1)
    return _moved(place, size.exp(), SMALL_SHIFT * normal((count, many, 2), rng) * heavy[..., None], focal)


def _moved(place: Tensor, farther: Tensor, pixels: Tensor, focal: Tensor) -> Tensor:
    """Places (P, N, 3) so many times as far on their rays, then by so many pixels aside."""
    z = (place[..., 2] * farther).clamp_min(LEAST_Z)
    xy = place[..., :2] * (z / place[..., 2])[..., None] + pixels * (z / focal)[..., None]
    return torch.cat([xy, z[..., None]], -1)


def _spanned(points: Tensor, focal: Tensor) -> Tensor:
    """(P, N, 4) middle and lengths of the box, pixels from the crop's middle, of points (P, N, 3, V)."""
    pixels = focal[..., None, None] * points[..., :2, :] / points[..., 2:, :].clamp_min(0.2)
    low, high = pixels.amin(-1), pixels.amax(-1)
    return torch.cat([(low + high) / 2, high - low], -1)


def _mask_box(mask: Tensor) -> Tensor:
    """(P, 4) likewise of masks (P, S, S)."""
    place = torch.arange(SIDE, device=mask.device) - (SIDE - 1) / 2
    ends = []
    for axis in (1, 2):
        line = mask.amax(axis) > 0.5
        ends.append((torch.where(line, place, 999.0).amin(1), torch.where(line, place, -999.0).amax(1)))
    low, high = (torch.stack([x, y], -1) for x, y in zip(*ends, strict=True))
    return torch.cat([(low + high) / 2, (high - low + 1).clamp_min(4)], -1)
