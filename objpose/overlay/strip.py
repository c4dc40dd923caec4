"""The story of a track in one picture: some of its frames, in rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from objpose.overlay.drawing import draw_words

COLUMNS = 4
TILE = 480  # pixels across
GAP = 4  # pixels between tiles
CAPTION = 15  # pixels high


def draw_strip(
    pictures: Sequence[UInt8[np.ndarray, "H W 3"]], captions: Sequence[str]
) -> UInt8[np.ndarray, "h w 3"]:
    """The pictures, of one size, as tiles in the order of reading, each with its caption."""
    height, width = pictures[0].shape[:2]
    tile = TILE, round(TILE * height / width)
    columns = min(COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    size = columns * (tile[0] + GAP) - GAP, rows * (tile[1] + GAP) - GAP
    strip = Image.new("RGB", size, "white")
    canvas = ImageDraw.Draw(strip)
    for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = i % columns * (tile[0] + GAP), i // columns * (tile[1] + GAP)
        strip.paste(Image.fromarray(picture).resize(tile, Image.Resampling.LANCZOS), (x, y))
        draw_words(canvas, (x + 6, y + tile[1] - 2 * CAPTION + 4), caption, size=CAPTION)
    return np.asarray(strip)
