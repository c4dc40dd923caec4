"""Prints that differ from themselves turned in letters only."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from training.drawn import coats
from training.drawn.prints import any_color, any_print, edited

COARSER = 2  # pixels of a print in one that is kept
QUALITY = 88  # of the pictures, as JPEG
SIDED = 0.4  # of the prints are for six sides, the others go round


def any_label(seed: int, number: int, count: int) -> tuple[bool, bytes]:
    rng, is_sided = np.random.default_rng((seed, 1, number)), number < SIDED * count
    picture = coats.atlas(_sides(rng)) if is_sided else _label_around(rng)
    height, width = (side // COARSER for side in picture.shape[:2])
    small = Image.fromarray(picture).resize((width, height), Image.Resampling.BOX)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=QUALITY, subsampling=0)
    return is_sided, stream.getvalue()


def _label_around(rng: np.random.Generator) -> np.ndarray:
    """Twice the same with other letters, one patch on a plain ground, or any print."""
    kind = rng.random()
    if kind < 0.4:
        half = any_print(rng)[:, ::2]
        return np.concatenate([half, edited(half, rng)], 1)
    if kind < 0.65:
        once = np.tile((255 * any_color(rng)).astype(np.uint8), (192, 384, 1))
        width, height = rng.integers([40, 30], [180, 150])
        x, y = rng.integers(0, [384 - width, 192 - height])
        once[y : y + height, x : x + width] = any_print(rng)[:height, :width]
        return once
    return any_print(rng)


def _sides(rng: np.random.Generator) -> list[np.ndarray]:
    """(6,) prints: opposite sides alike but for letters, mostly."""
    tiles = [any_print(rng) for _ in range(6)]
    for side in (1, 3, 5):
        kind = rng.random()
        if kind < 0.6:
            tiles[side] = edited(tiles[side - 1], rng)
        if kind < 0.3:  # as the eye sees it when the thing is turned over
            tiles[side] = tiles[side][::-1, ::-1]
    return tiles
