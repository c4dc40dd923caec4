"""The example object: a painted watering can, 0.27 m from handle to rose, in metres, z up, spout along +x."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from examples.studio.paint import disc, enamel, flower, ladybird, stem, wood
from examples.studio.shapes import Part, Tile, bezier, join, lathe, sweep

ATLAS = 1024
TEAL, CREAM, BRASS = (38, 128, 134), (240, 228, 200), (196, 152, 72)
BODY, INSIDE = Tile(0, 0, 1, 0.46), Tile(0, 0.47, 1, 0.56)
SPOUT, GRIP, ROSE = Tile(0, 0.57, 1, 0.74), Tile(0, 0.75, 1, 0.85), Tile(0, 0.86, 1, 1)


def watering_can() -> Part:
    """Body, inside, spout, rose and grip as one mesh."""
    outside = [
        (0, 0),
        (0.054, 0),
        (0.056, 0.002),
        (0.057, 0.010),
        (0.050, 0.112),
        (0.052, 0.114),
        (0.052, 0.118),
    ]
    inside = [(0.052, 0.118), (0.048, 0.118), (0.048, 0.112), (0.053, 0.012), (0, 0.012)]
    nozzle = bezier([(0.051, 0.030), (0.097, 0.040), (0.085, 0.110), (0.130, 0.132)], 36)
    grip = bezier([(-0.046, 0.108), (-0.105, 0.150), (-0.125, 0.060), (-0.054, 0.024)], 40)
    return join(
        [
            lathe(outside, BODY),
            lathe(inside, INSIDE, step=0.012),
            sweep(nozzle, np.linspace(0.015, 0.0085, 36), SPOUT),
            _rose().moved(_turn_about_y(np.deg2rad(64)), nozzle[-1]),
            sweep(grip, 0.0065 + 0.0025 * np.sin(np.linspace(0, np.pi, 40)), GRIP, segments=20, flatten=1.5),
        ]
    )


def watering_can_texture(seed: int = 7) -> Image.Image:
    """The atlas (1024x1024) that the mesh's texture coordinates refer to."""
    rng = np.random.default_rng(seed)
    atlas = Image.new("RGB", (ATLAS, ATLAS), TEAL)
    for tile, color in ((BODY, TEAL), (INSIDE, (205, 205, 198)), (SPOUT, TEAL), (ROSE, BRASS)):
        enamel(atlas, _pixels(tile), color, rng)
    x0, y0, x1, y1 = _pixels(GRIP)
    board = wood(x1 - x0, y1 - y0, (186, 128, 74), (112, 66, 32), rng, rings=5)
    atlas.paste(board.transpose(Image.Transpose.ROTATE_90), (x0, y0))  # the grain runs along the grip
    draw = ImageDraw.Draw(atlas)
    _paint_body(draw)
    _paint_spout(draw)
    for hole in range(60):
        disc(draw, ((hole + 0.5) * ATLAS / 60, 0.876 * ATLAS + 14 * (hole % 3)), 5, (60, 42, 18))
    return atlas


def _rose() -> Part:
    """The sprinkler head, opening along +z."""
    return lathe(
        [
            (0, -0.012),
            (0.0085, -0.012),
            (0.011, 0),
            (0.026, 0.016),
            (0.027, 0.020),
            (0.025, 0.023),
            (0, 0.028),
        ],
        ROSE,
        56,
    )


def _paint_body(draw: ImageDraw.ImageDraw) -> None:
    """-y sees the atlas at x = 1/4, the spout grows at 1/2, +y sees 3/4; the lowest third is the base."""
    foot, rim = 0.285 * ATLAS, 0.012 * ATLAS
    draw.rectangle((0, foot - 34, ATLAS, foot), fill=CREAM)
    for x in range(0, ATLAS, 32):
        disc(draw, (x + 16, foot - 34), 16, CREAM)
    draw.rectangle((0, rim, ATLAS, rim + 22), fill=(226, 176, 52))
    for x, height, petals, petal in (
        (250, 0.115, 11, (244, 190, 40)),
        (350, 0.165, 7, (232, 110, 120)),
        (150, 0.175, 8, (245, 240, 230)),
        (690, 0.12, 6, (232, 110, 120)),
    ):
        head = (x, height * ATLAS)
        stem(draw, (x - 12, foot - 30), head, (150, 190, 70), 5)
        flower(draw, head, 44, petals, petal, (120, 70, 30))
    ladybird(draw, (445, 0.15 * ATLAS), 19)
    ladybird(draw, (560, 0.09 * ATLAS), 14)
    draw.text((775, 0.09 * ATLAS), "No. 7", fill=CREAM, font=ImageFont.load_default(size=74))


def _paint_spout(draw: ImageDraw.ImageDraw) -> None:
    """Rings along the spout, and a line of dots that runs up one side only."""
    x0, y0, x1, y1 = _pixels(SPOUT)
    for y in (y0 + 22, y0 + 60, y1 - 50):
        draw.rectangle((x0, y, x1, y + 12), fill=CREAM)
    for step in range(6):
        disc(draw, (0.75 * ATLAS, y0 + 80 + 9 * step), 22 - step, (226, 176, 52))


def _pixels(tile: Tile) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (round(value * ATLAS) for value in tile)
    return x0, y0, x1, y1


def _turn_about_y(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
