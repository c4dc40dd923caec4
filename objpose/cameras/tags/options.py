"""What can be tuned about tags."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TagOptions:
    """What a tag that two photos show is worth, and how exactly it is found."""

    # For a motion that shows one tag in both photos as one square. The id is misread once in thousands, and
    # two photos that show it see the same thing; what is left are two ways to see each square.
    nats: float = 100.0
    # Tolerances along a side below which the square tells its tilt no more, and counts the less.
    small: float = 12.0
    noise: float = 1 / 6  # standard deviation of a corner, in tolerances: a third of a pixel
    still: float = 1.0  # tolerances that all corners moved at most: then a pair's motion says nothing of them
    steps: int = 6  # of Gauss-Newton, from what one photo says of the square to what both do
    off: float = 3.0  # tolerances that a square is off its place from which it is named
    sigma: float = 0.01  # share that a tag's stated side may be off
