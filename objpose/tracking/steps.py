"""From afar to the pixel: how finely a frame is looked at, step by step."""

from __future__ import annotations

from typing import NamedTuple

SIZE = 20.0  # an object's diameter in the picture, of the coarsest segments of its lines
FINEST = 1.5  # pixels: how near the last steps look
MOST = 12  # pixels: segments any longer blur an object's own shape


class Step(NamedTuple):
    """One look at a frame, and the moves that follow it."""

    scale: int  # pixels of a segment of the outline's lines
    sigma: float  # pixels: how far borders pull
    coarseness: float  # 1 at the first look, to 0 at the last: what depth's radii and paint's levels go by
    moves: int = 2


def steps_of(size: float) -> tuple[Step, ...]:
    """From afar to the pixel, for an object of `size` pixels: M3T's schedule, in the object's own measure."""
    scale = min(max(size / SIZE, 1.0), MOST)
    middle = max(1, round(0.4 * scale))
    coarse = Step(max(1, round(scale)), max(4.0 * scale, FINEST), 1.0)
    middles = Step(middle, max(1.4 * scale, FINEST), 0.6), Step(middle, max(0.6 * scale, FINEST), 0.3)
    return coarse, *middles, *[Step(1, FINEST, 0.0)] * 4
