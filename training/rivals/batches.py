"""Photos of look-alikes and their rivals, as the network is given them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from objpose.poses.rivals.pictures import pictures
from training.rivals.cases import rivals_of
from training.rivals.errors import differing
from training.rivals.layout import Pool
from training.rivals.photos import draw_photos
from training.rivals.solids import Stock, any_dressed

NATIVES = (128, 128, 128, 128, 128, 112, 96, 80, 64, 48, 32)  # camera pixels of a crop's side
OTHER = 0.1  # of the photos are said to show another thing


class Scale(NamedTuple):
    """How much is done at once."""

    groups: int  # of a step, in each of which crops have as many pixels
    things: int  # of a group
    photos: int  # of each
    rivals: tuple[int, ...]  # of a photo, for a step any of these
    held_out: int  # groups
    others: int  # pictures in the pool


class Batch(NamedTuple):
    pictures: Tensor  # (P, K, C, S, S)
    error: Tensor  # (P, K) diameters
    shift: Tensor  # (P, K) diameters in the picture
    differing: Tensor  # (P, K) pixels


def draw_batch(
    stock: Stock,
    scale: Scale,
    pool: Pool,
    rng: torch.Generator,
    dice: np.random.Generator,
    tells_differing: bool = False,
) -> Batch:
    rivals = int(dice.choice(scale.rivals))
    with torch.no_grad():
        rows = []
        for _ in range(scale.groups):
            things = [any_dressed(stock, dice) for _ in range(scale.things)]
            native = int(dice.choice(NATIVES))
            photos = draw_photos(things, scale.photos, native, pool, rng, dice)
            is_shown = dice.random() > OTHER
            said = things if is_shown else [*things[1:], things[0]]
            case = rivals_of(said, photos, rivals, rng, is_shown)
            seen = pictures(photos.seen, case.drawn).bfloat16()
            differs = differing(things, photos, case.drawn) if tells_differing else case.error
            rows.append(Batch(seen, case.error, case.shift, differs))
        return Batch(*(torch.cat(parts) for parts in zip(*rows, strict=True)))
