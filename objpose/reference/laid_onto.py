"""One view laid onto another by a pose and a relief: how far the pictures then agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage

from objpose.reference.look import Look

GRID = 40  # places along a side of the view that are laid onto the other
EDGE_ON = 0.12  # of a place's solid angle that the other view shows of it, below which it sees it hardly
LEVEL = 0.12  # of the thing's half width: how far off depth is the same
LEAST = 12  # places that must be seen in both
EVEN = 1e-3  # variance of logarithms that noise may have


@dataclass(frozen=True, eq=False)
class Agreement:
    """Of the places that the other view should show: alike: mean cosine of their descriptors; light:
    correlation of log brightness; inside: share that falls on the other's mask; level: share of those whose
    depth the other measured as well, 0 where it measured none.
    """

    alike: float
    light: float
    inside: float
    level: float

    def with_other(self, other: Agreement) -> Agreement:
        """The mean of both ways round."""
        names = ("alike", "light", "inside", "level")
        return Agreement(*((getattr(self, name) + getattr(other, name)) / 2 for name in names))


NONE = Agreement(0.0, 0.0, 0.0, 0.0)


def places(look: Look) -> np.ndarray:
    """(GRID * GRID, 2) pixels of a view, evenly."""
    axis = (np.arange(GRID) + 0.5) * look.size / GRID - 0.5
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def laid_onto(
    one: Look, other: Look, seen: np.ndarray, known: np.ndarray, nearer: float, metres: float | None
) -> Agreement:
    """Agreement of one view with the other.

    seen: (GRID * GRID, 3) in the other view's frame, what `one` shows at its places, in units of `metres`
    (None: unknown); known: which of them; nearer: how many times nearer the thing is in the other view.
    """
    pixels = places(one)
    there = seen[:, :2] / np.maximum(seen[:, 2:], 1e-3) * other.K.diagonal()[:2] + other.K[:2, 2]
    area = _areas(there, one.size / GRID) * (one.K[0, 0] / (other.K[0, 0] * nearer)) ** 2
    shown = known & _on(one.mask, pixels) & (area > EDGE_ON) & (seen[:, 2] > 1e-3)
    both = shown & _on(other.mask, there)
    if both.sum() < LEAST:
        return NONE
    here, there = pixels[both], there[both]
    light = _correlation(_brightness(one, here), _brightness(other, there))
    level = 0.0 if metres is None else _level(other, there, metres * seen[both, 2])
    return Agreement(_alike(one, other, here, there), light, float(both.sum() / shown.sum()), level)


def _areas(there: np.ndarray, step: float) -> np.ndarray:
    """(N,) of the other view's pixels for one of places (N, 2) on the grid; negative: seen from behind."""
    grid = there.reshape(GRID, GRID, 2)
    down, along = (np.gradient(grid, axis=axis) / step for axis in (0, 1))
    return (along[..., 0] * down[..., 1] - along[..., 1] * down[..., 0]).ravel()


def _on(mask: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(N,) whether pixels (N, 2) lie on a mask (S, S)."""
    column, row = np.round(np.nan_to_num(pixels, nan=-1.0).clip(-1, len(mask))).astype(int).T
    within = (column >= 0) & (row >= 0) & (column < len(mask)) & (row < len(mask))
    return within & mask[row.clip(0, len(mask) - 1), column.clip(0, len(mask) - 1)]


def _brightness(look: Look, pixels: np.ndarray) -> np.ndarray:
    """(N,) its logarithm at pixels (N, 2), of what is the thing's around each."""
    at = [pixels[:, 1], pixels[:, 0]]
    found: np.ndarray = ndimage.map_coordinates(look.log_brightness, at, order=1, mode="nearest")
    return found


def _level(other: Look, there: np.ndarray, depth: np.ndarray) -> float:
    """Share of pixels (N, 2) at which a view measured a depth (N,), metres."""
    if other.depth is None:
        return 0.0
    column, row = np.round(there).astype(int).T
    measured = other.depth[row, column]
    fits = np.abs(measured - depth) < LEVEL * other.radius * depth
    return float((fits & (measured > 0)).mean())


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other) + EVEN * len(one)))


def _alike(one: Look, other: Look, here: np.ndarray, there: np.ndarray) -> float:
    """Mean cosine of descriptors at pixels (N, 2) of either, the other turned as the places are."""
    described = [
        look.at(torch.from_numpy(look.picture.from_view(pixels)).float())
        for look, pixels in ((one.upright, here), (other.turned_as(here, there), there))
    ]
    return float((described[0] * described[1]).sum(1).mean())
