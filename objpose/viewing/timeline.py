"""A track in one picture: a bar for each object, in the colour of its status frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from objpose.overlay import STATUS_COLORS
from objpose.overlay.drawing import draw_words
from objpose.viewing.track_file import TrackedFrame

WIDTH, HEIGHT = 640, 34  # pixels of one object's bar
GAP = 4
LEAST = 0.15  # of a bar's height: what a confidence of 0 has


def draw_timeline(frames: Sequence[TrackedFrame], now: int) -> UInt8[np.ndarray, "h 640 3"]:
    """Bars as high as the confidence, from the first frame to the last; a line where frame `now` is."""
    names = [state.object for state in frames[0].states]
    picture = Image.new("RGB", (WIDTH, len(names) * (HEIGHT + GAP)), "white")
    canvas = ImageDraw.Draw(picture)
    for row, name in enumerate(names):
        bottom = (row + 1) * (HEIGHT + GAP) - GAP
        for x in range(WIDTH):
            state = frames[x * len(frames) // WIDTH].states[row]
            height = HEIGHT * (LEAST + (1 - LEAST) * state.confidence)
            canvas.line([(x, bottom - height), (x, bottom)], fill=STATUS_COLORS[state.status])
        draw_words(canvas, (4, bottom - HEIGHT), name, size=12)
    x = round((now + 0.5) / len(frames) * WIDTH)
    canvas.line([(x, 0), (x, picture.height)], fill="black", width=2)
    return np.asarray(picture)
