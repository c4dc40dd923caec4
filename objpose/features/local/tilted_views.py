"""Photos as surfaces would look from the side: squeezed along one direction, for all directions.

Morel, Yu: ASIFT: A New Framework for Fully Affine Invariant Image Comparison, SIAM J. Imaging Sciences 2009.
What a camera sees of a surface from a slant of 60 degrees is, near a point, what it sees from the front
squeezed by two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

# Directions this far apart at a squeeze of one, closer for stronger ones (Morel & Yu).
DIRECTION_STEP_DEG = 72.0


@dataclass(frozen=True, eq=False)
class TiltedView:
    """image: (h, w, 3) uint8; photo_from_view: (2, 3) affine map of its pixels to the photo's, centres at
    integers.
    """

    image: np.ndarray
    photo_from_view: np.ndarray

    def in_photo(self, pixels: np.ndarray) -> np.ndarray:
        """(N, 2) pixels of the photo of pixels (N, 2) of the view."""
        return pixels @ self.photo_from_view[:, :2].T + self.photo_from_view[:, 2]


def tilted_views(photo: np.ndarray, squeeze: float) -> list[TiltedView]:
    """The photo (H, W, 3) squeezed by a factor above 1 along directions evenly spread over half a turn.

    Beyond its borders what lies there goes on: corners of black would be found in every photo alike.
    """
    count = round(180.0 * squeeze / DIRECTION_STEP_DEG)
    return [_squeezed(photo, squeeze, np.pi * index / count) for index in range(count)]


def _squeezed(photo: np.ndarray, squeeze: float, direction: float) -> TiltedView:
    """Turned so that the direction lies along the rows, then squeezed along them."""
    height, width = photo.shape[:2]
    cos, sin = np.cos(direction), np.sin(direction)
    photo_from_turned = np.array([[cos, -sin], [sin, cos]])
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]]) @ photo_from_turned
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    columns, rows = (high - low).astype(int) + 1
    origin = photo_from_turned @ low
    margin = max(rows, columns)
    padded = np.pad(photo, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    # Pillow's coefficients are of pixel centres at one half.
    shift = origin + margin + 0.5 - photo_from_turned @ (0.5, 0.5)
    coefficients = np.column_stack([photo_from_turned, shift]).ravel()
    turned = Image.fromarray(padded).transform(
        (int(columns), int(rows)), Image.Transform.AFFINE, tuple(coefficients), Image.Resampling.BILINEAR
    )
    squeezed = turned.resize((round(columns / squeeze), int(rows)), Image.Resampling.HAMMING)
    factor = columns / squeezed.width
    turned_from_view = np.array([[factor, 0.0, (factor - 1.0) / 2.0], [0.0, 1.0, 0.0]])
    linear = photo_from_turned @ turned_from_view[:, :2]
    offset = photo_from_turned @ turned_from_view[:, 2] + origin
    return TiltedView(np.asarray(squeezed), np.column_stack([linear, offset]))
