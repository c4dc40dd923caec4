"""Pictures for surfaces: labels with letters, logos, bars and small print; marble; plain paint."""

from __future__ import annotations

import string

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (384, 192)  # pixels of a print, across and up
Color = tuple[int, ...]


def any_print(rng: np.random.Generator) -> np.ndarray:
    """(192, 384, 3) uint8: a label mostly, else marble."""
    return marble(rng) if rng.random() < 0.2 else label(rng)


def any_color(rng: np.random.Generator) -> np.ndarray:
    """(3,) in [0, 1]: a hue of any strength, greys, black and white among them."""
    strength = rng.choice([0.05, 0.3, 1.0])
    tone = rng.uniform(0.06, 0.95)
    return np.clip(tone * (1 - strength) + strength * rng.uniform(0.03, 0.95, 3), 0.03, 0.97)


def label(rng: np.random.Generator) -> np.ndarray:
    """A ground, blocks of colour, drawings, words and small print, in a few inks."""
    inks = [_ink(rng) for _ in range(rng.integers(2, 6))]
    picture = Image.new("RGB", SIZE, inks[0])
    draw = ImageDraw.Draw(picture)
    parts = (_block, _logo, _word, _small_print, _bars)
    for part in rng.choice(len(parts), size=rng.integers(2, 9), p=[0.3, 0.2, 0.3, 0.12, 0.08]):
        parts[part](draw, rng, inks[rng.integers(len(inks))])
    if rng.random() < 0.2:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
    return np.array(picture)


def edited(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same print but for a word or another part or two, on the same ground."""
    changed = Image.fromarray(picture)
    draw = ImageDraw.Draw(changed)
    for _ in range(rng.integers(1, 4)):
        part = (_word, _word, _small_print, _logo, _block)[rng.integers(5)]
        part(draw, rng, _ink(rng))
    return np.array(changed)


def marble(rng: np.random.Generator) -> np.ndarray:
    """Two colours mixed by noise of several widths."""
    field = np.zeros((SIZE[1], SIZE[0]))
    for cells in (3, 6, 12, 24, 48):
        coarse = Image.fromarray(rng.normal(size=(cells, 2 * cells)).astype(np.float32))
        field += np.array(coarse.resize(SIZE, Image.Resampling.BICUBIC)) * rng.uniform(0, 1)
    share = 1 / (1 + np.exp(-rng.uniform(0.5, 6) * field / field.std()))[..., None]
    return (255 * (share * any_color(rng) + (1 - share) * any_color(rng))).astype(np.uint8)


def _ink(rng: np.random.Generator) -> Color:
    return tuple((255 * any_color(rng)).astype(int).tolist())


def _place(rng: np.random.Generator) -> tuple[int, int]:
    return int(rng.integers(-30, SIZE[0])), int(rng.integers(-20, SIZE[1]))


def _block(draw: ImageDraw.ImageDraw, rng: np.random.Generator, ink: Color) -> None:
    x, y = _place(rng)
    width, height = rng.integers([20, 10], [240, 110]).tolist()
    shape = [draw.rectangle, draw.ellipse][rng.integers(2)]
    shape((x, y, x + width, y + height), fill=ink)


def _logo(draw: ImageDraw.ImageDraw, rng: np.random.Generator, ink: Color) -> None:
    """A star or polygon of uneven points."""
    count, (x, y), radius = int(rng.integers(3, 12)), _place(rng), rng.uniform(12, 50)
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = radius * rng.uniform(0.3, 1.0, count)
    points = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], axis=-1)
    draw.polygon([tuple(point) for point in points.tolist()], fill=ink)


def _word(draw: ImageDraw.ImageDraw, rng: np.random.Generator, ink: Color) -> None:
    letters = rng.choice(list(string.ascii_letters + string.digits), size=rng.integers(1, 9))
    draw.text(
        _place(rng), "".join(letters), fill=ink, font=ImageFont.load_default(float(rng.uniform(18, 80)))
    )


def _small_print(draw: ImageDraw.ImageDraw, rng: np.random.Generator, ink: Color) -> None:
    (x, y), size = _place(rng), float(rng.uniform(7, 14))
    for line in range(rng.integers(2, 9)):
        letters = rng.choice(list(string.ascii_lowercase + "   "), size=rng.integers(8, 30))
        draw.text((x, y + 1.2 * size * line), "".join(letters), fill=ink, font=ImageFont.load_default(size))


def _bars(draw: ImageDraw.ImageDraw, rng: np.random.Generator, ink: Color) -> None:
    """Stripes of uneven width, along either side."""
    (x, y), length = _place(rng), int(rng.integers(20, 200))
    edges = np.cumsum(rng.integers(2, 14, 2 * rng.integers(3, 14))).tolist()
    upright = rng.random() < 0.5
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        box = (x + start, y, x + end, y + length) if upright else (x, y + start, x + length, y + end)
        draw.rectangle(box, fill=ink)
