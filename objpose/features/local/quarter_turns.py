"""Photos turned by a quarter: where their pixels come from."""

from __future__ import annotations

import numpy as np


def turn_back(keypoints: np.ndarray, turn: int, size: tuple[int, int]) -> np.ndarray:
    """Where keypoints (N, 2) of a photo turned by `torch.rot90(photo, turn)` lie in it.

    size: width and height of the photo as it was. The way there is the way back of the turned photo's other
    turns: `turn_back(keypoints, -turn % 4, size of the turned photo)`.
    """
    column, row = keypoints.T
    last_column, last_row = size[0] - 1, size[1] - 1
    places = {
        1: (last_column - row, column),
        2: (last_column - column, last_row - row),
        3: (row, last_row - column),
    }
    return np.stack(places.get(turn, (column, row)), axis=1)
