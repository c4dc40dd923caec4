"""How much better one edge picture lies on another at some shift than by chance, in standard deviations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

ON_PLACE = 3  # pixels: nearer shifts than this are none
AWAY = 5  # pixels: farther ones are true shifts; sensors err by those between
PEAK = 12  # pixels about a shift that its own peak may take: the rest is chance
LEAST_SPREAD = 0.01  # of a whole correlation: chance scores spread at least so, where few edges are in reach


@dataclass(frozen=True, eq=False)
class ShiftScores:
    """What each whole shift of a picture scores; `scores[origin]` is the shift by nothing."""

    scores: np.ndarray  # (rows, columns)
    origin: tuple[int, int]  # row, column

    @cached_property
    def on_place(self) -> float:
        """The best score without a shift to speak of."""
        return float(np.where(self._distance <= ON_PLACE, self.scores, -np.inf).max())

    @cached_property
    def best(self) -> tuple[float, tuple[int, int]]:
        """The best score of any true shift, and that shift (x, y) in pixels."""
        away = np.where(self._distance > AWAY, self.scores, -np.inf)
        row, column = np.unravel_index(int(away.argmax()), away.shape)
        return float(away[row, column]), (int(column) - self.origin[1], int(row) - self.origin[0])

    def at(self, shift: tuple[int, int]) -> float:
        """The score of a shift (x, y) in pixels."""
        return float(self.scores[self.origin[0] + shift[1], self.origin[1] + shift[0]])

    def __add__(self, other: ShiftScores) -> ShiftScores:
        """Two witnesses of one shift."""
        return ShiftScores(self.scores + other.scores, self.origin)

    @property
    def _distance(self) -> np.ndarray:
        rows, columns = np.ogrid[: self.scores.shape[0], : self.scores.shape[1]]
        return np.hypot(rows - self.origin[0], columns - self.origin[1])


def shift_scores(moved: np.ndarray, fixed: np.ndarray, reach: int) -> ShiftScores:
    """Scores of shifting `moved` (H, W) over `fixed` (H, W) by up to `reach` pixels either way."""
    moved, fixed = moved - moved.mean(), fixed - fixed.mean()
    size = [fft.next_fast_len(side + 2 * reach, real=True) for side in fixed.shape]
    window = np.roll(_correlation(moved, fixed, size), (reach, reach), (0, 1))
    return ShiftScores(_standardised(window[: 2 * reach + 1, : 2 * reach + 1]), (reach, reach))


def placement_scores(moved: np.ndarray, fixed: np.ndarray, where: np.ndarray) -> ShiftScores:
    """Scores of all shifts of `moved` (H, W) that keep the pixels `where` (H, W) bool within the picture."""
    rows, columns = np.nonzero(where.any(1))[0], np.nonzero(where.any(0))[0]
    top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    size = [fft.next_fast_len(side, real=True) for side in fixed.shape]
    product = _correlation(moved[top:bottom, left:right], fixed - fixed.mean(), size)
    height, width = fixed.shape[0] - (bottom - top) + 1, fixed.shape[1] - (right - left) + 1
    return ShiftScores(_standardised(product[:height, :width]), (int(top), int(left)))


def _correlation(moved: np.ndarray, fixed: np.ndarray, size: list[int]) -> np.ndarray:
    """At every shift, modulo `size`: 1 for a picture on itself."""
    product = fft.irfft2(np.conj(fft.rfft2(moved, size)) * fft.rfft2(fixed, size), size)
    return product / max(float(np.linalg.norm(moved) * np.linalg.norm(fixed)), 1e-12)


def _standardised(scores: np.ndarray) -> np.ndarray:
    """In standard deviations of the scores that lie off the peak."""
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    rows, columns = np.ogrid[: scores.shape[0], : scores.shape[1]]
    chance = scores[np.hypot(rows - row, columns - column) > PEAK]
    if len(chance) < PEAK**2:
        return np.zeros_like(scores)
    return (scores - chance.mean()) / max(float(chance.std()), LEAST_SPREAD)
