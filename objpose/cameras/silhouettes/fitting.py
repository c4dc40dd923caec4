"""Levenberg-Marquardt of many placements at once, under a loss that lets single residuals be wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

LOSS = 2.0  # standard deviations beyond which a residual loses its pull
SETTLED = 1e-4  # share of the cost: steps that gain less are the last


class Residuals(NamedTuple):
    """off: (B, R) in standard deviations; slope: (B, R, 6 N) by the cameras' twists; counts: (R,) how much
    each counts; may_fail: (R,) whether it may be wrong altogether.
    """

    off: np.ndarray
    slope: np.ndarray
    counts: np.ndarray
    may_fail: np.ndarray

    @staticmethod
    def joined(parts: Sequence[Residuals]) -> Residuals:
        off, slope = (np.concatenate([part[field] for part in parts], axis=1) for field in (0, 1))
        counts, may_fail = (np.concatenate([part[field] for part in parts]) for field in (2, 3))
        return Residuals(off, slope, counts, may_fail)


def fitted(
    residuals_at: Callable[[np.ndarray], Residuals],
    cams: np.ndarray,
    rounds: int,
    free: np.ndarray | None = None,
) -> np.ndarray:
    """Placements (B, N, 4, 4) of least cost; free: (6 N,) bool, what may move, everything by default."""
    damping = np.full(len(cams), 1e-2)
    here = residuals_at(cams)
    cost = cost_of(here.off, here.counts, here.may_fail)
    free = np.ones(here.slope.shape[2], dtype=bool) if free is None else free
    for _ in range(rounds):
        moved = twisted(cams, _step(here, damping, free))
        there = residuals_at(moved)
        cost_there = cost_of(there.off, there.counts, there.may_fail)
        better = cost_there < cost
        gain = np.where(better, cost - cost_there, 0.0)
        cams = np.where(better[:, None, None, None], moved, cams)
        off, slope = (
            np.where(better[:, None], there.off, here.off),
            np.where(better[:, None, None], there.slope, here.slope),
        )
        here, cost = here._replace(off=off, slope=slope), np.where(better, cost_there, cost)
        damping = np.where(better, damping * 0.3, np.minimum(damping * 8.0, 1e6))
        if better.any() and (gain[better] < SETTLED * (1.0 + cost[better])).all():
            break
    return cams


def cost_of(off: np.ndarray, counts: np.ndarray, may_fail: np.ndarray) -> np.ndarray:
    """(B,) half the squared standard deviations, as the loss counts them."""
    squared = off**2
    return (0.5 * counts * np.where(may_fail, LOSS**2 * np.log1p(squared / LOSS**2), squared)).sum(1)


def twisted(cams: np.ndarray, twists: np.ndarray) -> np.ndarray:
    """(B, N, 4, 4) after twists (B, N, 6), each in its camera's own frame."""
    turn = Rotation.from_rotvec(twists[..., 3:].reshape(-1, 3)).as_matrix().reshape(*cams.shape[:2], 3, 3)
    moved = cams.copy()
    moved[..., :3, :] = turn @ cams[..., :3, :]
    moved[..., :3, 3] += twists[..., :3]
    return moved


def normal_of(found: Residuals) -> tuple[np.ndarray, np.ndarray]:
    """(B, 6 N, 6 N) of the normal equations, and (B, 6 N) their right side."""
    weight = found.counts * np.where(found.may_fail, 1.0 / (1.0 + (found.off / LOSS) ** 2), 1.0)
    weighed = found.slope * weight[..., None]
    return found.slope.swapaxes(1, 2) @ weighed, (weighed * found.off[..., None]).sum(1)


def _step(found: Residuals, damping: np.ndarray, free: np.ndarray) -> np.ndarray:
    """(B, N, 6)."""
    normal, gradient = normal_of(found._replace(slope=found.slope[..., free]))
    diagonal = np.arange(normal.shape[1])
    normal[:, diagonal, diagonal] *= 1.0 + damping[:, None]
    normal[:, diagonal, diagonal] += 1e-6
    step = np.zeros((len(found.off), len(free)))
    step[:, free] = -np.linalg.solve(normal, gradient[..., None])[..., 0]
    return step.reshape(len(found.off), -1, 6)
