"""Procedural paint: noise, wood, and the strokes that the textures are painted with."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Color = tuple[int, int, int]
Box = tuple[int, int, int, int]


def blotches(height: int, width: int, cells: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise (height, width) in [0, 1] with about `cells` blotches across."""
    rows = max(2, round(cells * height / width))
    coarse = Image.fromarray((rng.random((rows, cells)) * 255).astype(np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32) / 255


def enamel(canvas: Image.Image, box: Box, color: Color, rng: np.random.Generator, wear: float = 0.10) -> None:
    """Fills a box with a slightly uneven coat of paint."""
    x0, y0, x1, y1 = box
    shade = 1 + wear * (blotches(y1 - y0, x1 - x0, 24, rng) + blotches(y1 - y0, x1 - x0, 90, rng) - 1)
    coat = np.clip(np.array(color, dtype=np.float32) * shade[..., None], 0, 255).astype(np.uint8)
    canvas.paste(Image.fromarray(coat), (x0, y0))


def wood(
    height: int, width: int, light: Color, dark: Color, rng: np.random.Generator, rings: float = 14
) -> Image.Image:
    """A board with its grain along x."""
    y = np.linspace(0, 1, height)[:, None] * np.ones((1, width))
    warp = 0.25 * blotches(height, width, 3, rng) + 0.05 * blotches(height, width, 9, rng)
    grain = 0.5 + 0.5 * np.sin(2 * np.pi * rings * (y + warp))
    stretched = Image.fromarray((rng.random((height, max(2, width // 40))) * 255).astype(np.uint8))
    fibre = np.asarray(stretched.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32) / 255
    mix = np.clip(0.55 * grain**3 + 0.45 * fibre, 0, 1)[..., None]
    return Image.fromarray((np.array(light) * (1 - mix) + np.array(dark) * mix).astype(np.uint8))


def planks(size: int, count: int, rng: np.random.Generator) -> Image.Image:
    """A square table top of `count` boards, each of its own shade."""
    table, height = Image.new("RGB", (size, size)), size // count
    for index in range(count):
        shade = 0.82 + 0.3 * rng.random()
        light, dark = (
            tuple(int(min(255, c * shade)) for c in color) for color in ((201, 160, 112), (150, 106, 66))
        )
        table.paste(wood(height, size, light, dark, rng, rings=3), (0, index * height))
        ImageDraw.Draw(table).line([(0, index * height), (size, index * height)], fill=(70, 48, 30), width=3)
    return table.filter(ImageFilter.GaussianBlur(0.7))


def flower(
    draw: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    radius: float,
    petals: int,
    petal: Color,
    heart: Color,
) -> None:
    """A flower head seen from the front."""
    cx, cy = centre
    for turn in np.arange(petals) * 2 * np.pi / petals:
        tip = (cx + 0.68 * radius * np.cos(turn), cy + 0.68 * radius * np.sin(turn))
        disc(draw, tip, 0.33 * radius, petal)
    disc(draw, centre, 0.42 * radius, heart)
    for turn in np.arange(9) * 2 * np.pi / 9:
        disc(
            draw,
            (cx + 0.26 * radius * np.cos(turn), cy + 0.26 * radius * np.sin(turn)),
            0.05 * radius,
            (70, 40, 20),
        )


def stem(
    draw: ImageDraw.ImageDraw, foot: tuple[float, float], head: tuple[float, float], color: Color, width: int
) -> None:
    """A bent stem with two leaves."""
    t = np.linspace(0, 1, 24)
    bend = 0.18 * (head[1] - foot[1]) * np.sin(np.pi * t)
    line = list(zip(foot[0] + (head[0] - foot[0]) * t + bend, foot[1] + (head[1] - foot[1]) * t, strict=True))
    draw.line(line, fill=color, width=width, joint="curve")
    for index, side in ((8, 1), (13, -1)):
        x, y = line[index]
        draw.polygon(
            [
                (x, y),
                (x + side * 5 * width, y - 5 * width),
                (x + side * 9 * width, y - 3 * width),
                (x + side * 6 * width, y),
            ],
            fill=color,
        )


def ladybird(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float) -> None:
    """A red beetle with black dots, head to the right."""
    cx, cy = centre
    disc(draw, (cx + 0.9 * radius, cy), 0.45 * radius, (25, 22, 22))
    disc(draw, centre, radius, (200, 34, 30))
    draw.line([(cx - radius, cy), (cx + radius, cy)], fill=(25, 22, 22), width=max(2, int(radius / 8)))
    for dx, dy in ((-0.5, -0.45), (0.2, -0.5), (-0.15, 0.45), (0.45, 0.4)):
        disc(draw, (cx + dx * radius, cy + dy * radius), 0.18 * radius, (25, 22, 22))


def disc(draw: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, color: Color) -> None:
    """A filled circle."""
    cx, cy = centre
    draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=color)
