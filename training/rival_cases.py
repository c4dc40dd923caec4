"""Rivals of drawn photos: the truth as alignment leaves it, and what else lies well on the mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant, upload
from objpose.poses.rivals.pictures import SIDE, Drawn
from training.draws import happens, normal, random_rotations, uniform
from training.rival_photos import Photos
from training.rival_solids import Dressed, free_turns, images_of, turned

TURNED, TILTED, SIZED, ANY = 12, 9, 4, 14  # candidates by kind, besides the truth's neighbour
SMALL = 48  # pixels of the crop in which candidates are compared with the mask
BEYOND, COVERED = 0.6, 0.03  # prices of pixels drawn outside the mask, as in `judge`
UNLIKE = 0.4  # of a mean difference of colours
CHOOSY = 0.03  # of the score: how much better is likelier
SAME, NO_RIVAL = 0.1, 3.0  # diameters from the truth, within which a rival is less wanted, and by how much
LOST = 9.0  # diameters that poses of another thing are off
KNOWN = 0.92  # how often the truth's neighbour is among the rivals
SMALL_TURN, SMALL_SIZE, SMALL_SHIFT = 0.025, 0.012, 0.5  # radians, of the distance, pixels: of alignment
LEAST_Z = 1.05  # diameters


class Case(NamedTuple):
    rotation: Tensor  # (P, K, 3, 3)
    place: Tensor  # (P, K, 3)
    drawn: Drawn
    error: Tensor  # (P, K) diameters, BOP's MSSD
    shift: Tensor  # (P, K) diameters in the picture, the same of BOP's MSPD


class _Shapes(NamedTuple):
    """Of the thing in each photo."""

    points: Tensor  # (P, V, 3)
    flips: Tensor  # (P, 4, 3, 3)
    near_round: Tensor  # (P,) 0 or 1
    is_free: Tensor  # (P,) 0 or 1


def rivals_of(
    things: Sequence[Dressed], photos: Photos, rivals: int, rng: torch.Generator, is_shown: bool = True
) -> Case:
    """So many of each photo; is_shown: the photos show these things, else all poses of them are wrong."""
    shapes = _shapes(things, photos)
    turns = _candidates(shapes, photos, rng)
    place = _placed(shapes, photos, turns, rng, is_shown)
    wish = _wish(things, shapes, photos, turns, place, rng, is_shown)
    chosen = wish.topk(rivals, dim=1).indices
    chosen = chosen.gather(1, torch.rand(chosen.shape, generator=rng, device=chosen.device).argsort(1))
    turns = turns.gather(1, chosen[..., None, None].expand(-1, -1, 3, 3))
    place = place.gather(1, chosen[..., None].expand(-1, -1, 3))
    drawn = drawn_rivals(things, turns, place, photos.focals)
    if is_shown:
        return Case(turns, place, drawn, *_errors(shapes, photos, turns, place))
    far = torch.full(chosen.shape, LOST, device=place.device)
    return Case(turns, place, drawn, far, far)


def drawn_rivals(things: Sequence[Dressed], turns: Tensor, place: Tensor, focals: list[float]) -> Drawn:
    """As the package draws them."""
    images = images_of(things, turns.flatten(0, 1), place.flatten(0, 1), focals, SIDE, smooth=False)
    shape = turns.shape[:2]
    relief = images.depth.unflatten(0, shape) - place[..., 2, None, None]
    shown = (images.depth > 0).float().unflatten(0, shape)
    normals, color = (x.permute(0, 3, 1, 2).unflatten(0, shape) for x in (images.normals, images.color))
    return Drawn(relief, shown, normals, color)


def _shapes(things: Sequence[Dressed], photos: Photos) -> _Shapes:
    count = len(photos.rotation)
    each, device = count // len(things), photos.rotation.device
    flags = torch.tensor([[thing.solid.body.near_round, thing.is_free] for thing in things])
    parts = [thing.solid.points for thing in things], [thing.solid.flips for thing in things]
    values = [*(torch.stack(part) for part in parts), *upload(flags.float(), device).unbind(1)]
    return _Shapes(*(x.repeat_interleave(each, 0, output_size=count) for x in values))


def _candidates(shapes: _Shapes, photos: Photos, rng: torch.Generator) -> Tensor:
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


def _placed(shapes: _Shapes, photos: Photos, turns: Tensor, rng: torch.Generator, is_shown: bool) -> Tensor:
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


def _wish(
    things: Sequence[Dressed],
    shapes: _Shapes,
    photos: Photos,
    turns: Tensor,
    place: Tensor,
    rng: torch.Generator,
    is_shown: bool,
) -> Tensor:
    """(P, N) how much each candidate is wanted: mostly for fitting well and differing from the truth."""
    luck = torch.rand(turns.shape[:2], generator=rng, device=turns.device).clamp(1e-6, 1 - 1e-6)
    score = _score(things, photos, turns, place, is_shown)
    wish = score / CHOOSY - (-luck.log()).log()
    if is_shown:
        few = shapes._replace(points=shapes.points[:, ::4])
        wish = wish - NO_RIVAL * (_errors(few, photos, turns, place, every=3)[0] < SAME)
        wish[:, 0] = torch.where(happens(KNOWN, (len(turns),), rng) > 0, torch.inf, -torch.inf)
    return wish


def _score(things: Sequence[Dressed], photos: Photos, turns: Tensor, place: Tensor, is_shown: bool) -> Tensor:
    """(P, N) how well outlines cover the mask, less how unlike the truth the colours are."""
    turns = torch.cat([photos.rotation[:, None], turns], 1)
    place = torch.cat([photos.place[:, None], place], 1)
    focals = [focal * SMALL / SIDE for focal in photos.focals]
    images = images_of(things, turns.flatten(0, 1), place.flatten(0, 1), focals, SMALL, smooth=False)
    shown = (images.depth > 0).float().unflatten(0, turns.shape[:2])
    color = images.color.unflatten(0, turns.shape[:2])
    both = shown[:, 1:] * shown[:, :1]
    off = (color[:, 1:] - color[:, :1]).abs().mean(-1)
    unlike = (off * both).sum((2, 3)) / both.sum((2, 3)).clamp_min(1)
    mask, unsure = (
        functional.interpolate(x[:, None], size=(SMALL, SMALL), mode="area")
        for x in (photos.seen.mask, photos.seen.unsure)
    )
    shown = shown[:, 1:]
    shared, left = (shown * mask).sum((2, 3)), ((1 - shown) * mask).sum((2, 3))
    beyond = (shown * (1 - mask) * (COVERED + (BEYOND - COVERED) * (1 - unsure))).sum((2, 3))
    return shared / (shared + left + beyond).clamp_min(1e-6) - UNLIKE * unlike * is_shown


def _errors(
    shapes: _Shapes, photos: Photos, turns: Tensor, place: Tensor, every: int = 1
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
