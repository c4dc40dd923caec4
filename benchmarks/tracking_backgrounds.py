"""Cluttered pictures behind what is tracked, in part of its own colours, drifting as behind a held camera."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from prints import WORDS
from scipy import ndimage
from tracking_motion import smooth

from objpose.geometry import Mesh

MARGIN = 48  # pixels that the picture is larger than the image, on every side
DRIFT = 40.0  # pixels, largest shift
OWN = 0.45  # share of the clutter that has colours of the thing itself
PIECES = 420


def palette(mesh: Mesh, count: int = 64) -> np.ndarray:
    """(count, 3) colours in [0, 1] of places on a surface; grey where it has none."""
    samples = mesh.sample_surface(count, seed=0)
    return np.full((count, 3), 0.5) if samples.colors is None else samples.colors.numpy()


def cluttered(own: np.ndarray, width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """(height + 2 MARGIN, width + 2 MARGIN, 3) in [0, 1]: overlapping pieces, prints, soft light."""
    size = width + 2 * MARGIN, height + 2 * MARGIN
    picture = Image.new("RGB", size, _ink(own, rng))
    draw = ImageDraw.Draw(picture)
    for _ in range(PIECES):
        _piece(draw, np.array(size), own, rng)
    soft = ndimage.gaussian_filter(rng.normal(size=(size[1], size[0])), 60)
    light = 1 + 0.12 * soft / soft.std()
    sharp = ndimage.gaussian_filter(np.asarray(picture, dtype=np.float32) / 255, (0.8, 0.8, 0))
    return np.clip(sharp * light[..., None], 0, 1).astype(np.float32)


def drift(frames: int, rng: np.random.Generator) -> np.ndarray:
    """(frames, 2) shifts in pixels, down and right, of about a pixel a frame."""
    return DRIFT * smooth(frames, 160, rng, 2)


def shifted(picture: np.ndarray, shift: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, 3) of the picture's middle, moved by a shift (down, right) of up to DRIFT pixels."""
    low = np.floor(shift).astype(int)
    down, right = shift - low
    row, column = MARGIN - low - 1
    part = picture[row : row + height + 1, column : column + width + 1]
    part = (1 - down) * part[1:] + down * part[:-1]
    return (1 - right) * part[:, 1:] + right * part[:, :-1]


def _piece(draw: ImageDraw.ImageDraw, size: np.ndarray, own: np.ndarray, rng: np.random.Generator) -> None:
    place, ink = rng.uniform(0, size), _ink(own, rng)
    reach = float(np.exp(rng.uniform(np.log(8), np.log(90))))
    kind = rng.integers(4)
    if kind == 0:
        text, font = WORDS[rng.integers(len(WORDS))], ImageFont.load_default(max(8.0, 0.6 * reach))
        draw.text(tuple(place), text, fill=ink, font=font)
        return
    if kind == 1:
        width, height = reach * rng.uniform(0.3, 1, 2)
        draw.ellipse((place[0] - width, place[1] - height, place[0] + width, place[1] + height), fill=ink)
        return
    angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 7)))
    corners = place + reach * np.stack([np.cos(angles), np.sin(angles)], 1) * [1, rng.uniform(0.2, 1)]
    draw.polygon([tuple(corner) for corner in corners], fill=ink)


def _ink(own: np.ndarray, rng: np.random.Generator) -> tuple[int, ...]:
    """A colour of the thing in another light, or any."""
    if rng.random() < OWN:
        color = own[rng.integers(len(own))] * rng.uniform(0.5, 1.2)
    else:
        color = rng.uniform(0.05, 0.95, 3) * rng.uniform(0.6, 1.0)
    return tuple(int(tone) for tone in (255 * np.clip(color + rng.normal(scale=0.03, size=3), 0, 1)))
