"""What else stands on the table: a terracotta pot, a mug, a book and two oranges, each with its own paint."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from examples.studio.paint import disc, enamel
from examples.studio.shapes import Part, Tile, bezier, box, join, lathe, sweep

WHOLE = Tile(0, 0, 1, 1)


def pot() -> Part:
    """A small flower pot, 8 cm high."""
    profile = [
        (0, 0),
        (0.026, 0),
        (0.036, 0.058),
        (0.041, 0.060),
        (0.042, 0.080),
        (0.037, 0.080),
        (0.033, 0.058),
        (0, 0.055),
    ]
    return lathe(profile, WHOLE)


def mug() -> Part:
    """A mug, 9 cm high, its handle along +x."""
    wall = [
        (0, 0),
        (0.034, 0),
        (0.037, 0.003),
        (0.038, 0.088),
        (0.036, 0.091),
        (0.034, 0.088),
        (0.033, 0.006),
        (0, 0.005),
    ]
    handle = bezier([(0.034, 0.076), (0.080, 0.080), (0.075, 0.015), (0.034, 0.020)], 30)
    return join([lathe(wall, WHOLE), sweep(handle, np.full(30, 0.0055), Tile(0, 0, 1, 0.1), segments=16)])


def book() -> Part:
    """A book lying flat: cover on top and below, pages on three sides."""
    cover, spine, pages = Tile(0, 0, 0.5, 1), Tile(0.5, 0, 0.6, 1), Tile(0.62, 0, 1, 1)
    return box((0.15, 0.21, 0.028), [pages, spine, pages, pages, cover, cover])


def orange() -> Part:
    """An orange, 7 cm across."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 40)
    return lathe([(0.035 * np.cos(t), 0.035 + 0.034 * np.sin(t)) for t in turn], WHOLE, 64)


def pot_texture(seed: int = 1) -> Image.Image:
    """Terracotta with a painted zigzag."""
    texture = Image.new("RGB", (512, 512))
    enamel(texture, (0, 0, 512, 512), (196, 112, 76), np.random.default_rng(seed), wear=0.15)
    points = [(x, 300 + 22 * ((x // 32) % 2)) for x in range(0, 545, 32)]
    ImageDraw.Draw(texture).line(points, fill=(236, 220, 196), width=9)
    return texture


def mug_texture(seed: int = 2) -> Image.Image:
    """White with navy stripes."""
    texture = Image.new("RGB", (512, 512))
    enamel(texture, (0, 0, 512, 512), (228, 226, 220), np.random.default_rng(seed), wear=0.05)
    draw = ImageDraw.Draw(texture)
    for y in (250, 290, 330):
        draw.rectangle((0, y, 512, y + 18), fill=(32, 50, 92))
    return texture


def book_texture(seed: int = 3) -> Image.Image:
    """A red cover with a title, a spine, and page edges."""
    rng = np.random.default_rng(seed)
    texture = Image.new("RGB", (1024, 512))
    enamel(texture, (0, 0, 634, 512), (142, 38, 44), rng, wear=0.15)
    enamel(texture, (634, 0, 1024, 512), (226, 216, 190), rng, wear=0.3)
    draw = ImageDraw.Draw(texture)
    draw.rectangle((40, 36, 472, 476), outline=(222, 184, 96), width=8)
    for line, (text, size) in enumerate((("The", 48), ("Garden", 96), ("in June", 96))):
        draw.text(
            (256, 120 + 105 * line),
            text,
            fill=(236, 214, 160),
            font=ImageFont.load_default(size=size),
            anchor="mm",
        )
    disc(draw, (256, 415), 34, (222, 184, 96))
    return texture


def orange_texture(seed: int = 4) -> Image.Image:
    """Peel."""
    texture = Image.new("RGB", (256, 256))
    enamel(texture, (0, 0, 256, 256), (238, 140, 36), np.random.default_rng(seed), wear=0.08)
    return texture
