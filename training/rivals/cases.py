"""Rivals of drawn photos: the truth as alignment leaves it, and what else lies well on the mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from objpose.poses.rivals.pictures import SIDE, Drawn
from training.drawn.draws import happens
from training.rivals.candidates import Shapes, candidates, placed, shapes_of
from training.rivals.errors import drawn_rivals, errors_of
from training.rivals.images import images_of
from training.rivals.photos import Photos
from training.rivals.solids import Dressed

SMALL = 48  # pixels of the crop in which candidates are compared with the mask
BEYOND, COVERED = 0.6, 0.03  # prices of pixels drawn outside the mask, as in `judge`
UNLIKE = 0.4  # of a mean difference of colours
CHOOSY = 0.03  # of the score: how much better is likelier
SAME, NO_RIVAL = 0.1, 3.0  # diameters from the truth, within which a rival is less wanted, and by how much
LOST = 9.0  # diameters that poses of another thing are off
KNOWN = 0.92  # how often the truth's neighbour is among the rivals


class Case(NamedTuple):
    rotation: Tensor  # (P, K, 3, 3)
    place: Tensor  # (P, K, 3)
    drawn: Drawn
    error: Tensor  # (P, K) diameters, BOP's MSSD
    shift: Tensor  # (P, K) diameters in the picture, the same of BOP's MSPD


def rivals_of(
    things: Sequence[Dressed], photos: Photos, rivals: int, rng: torch.Generator, is_shown: bool = True
) -> Case:
    """So many of each photo; is_shown: the photos show these things, else all poses of them are wrong."""
    shapes = shapes_of(things, photos)
    turns = candidates(shapes, photos, rng)
    place = placed(shapes, photos, turns, rng, is_shown)
    wish = _wish(things, shapes, photos, turns, place, rng, is_shown)
    chosen = wish.topk(rivals, dim=1).indices
    chosen = chosen.gather(1, torch.rand(chosen.shape, generator=rng, device=chosen.device).argsort(1))
    turns = turns.gather(1, chosen[..., None, None].expand(-1, -1, 3, 3))
    place = place.gather(1, chosen[..., None].expand(-1, -1, 3))
    drawn = drawn_rivals(things, turns, place, photos.focals)
    if is_shown:
        return Case(turns, place, drawn, *errors_of(shapes, photos, turns, place))
    far = torch.full(chosen.shape, LOST, device=place.device)
    return Case(turns, place, drawn, far, far)


def _wish(
    things: Sequence[Dressed],
    shapes: Shapes,
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
        wish = wish - NO_RIVAL * (errors_of(few, photos, turns, place, every=3)[0] < SAME)
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
