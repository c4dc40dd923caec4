"""Motions by which points of a scene come to lie on their likes, by random samples of three (Fischler &
Bolles, CACM 1981).
"""

from __future__ import annotations

import numpy as np

from objpose.cameras.repeats.options import RepeatsOptions
from objpose.geometry import kabsch

CHUNK = 256  # motions tried on all likes at once


def self_motions(
    points: np.ndarray, likes: np.ndarray, reach: float, near: float, options: RepeatsOptions, seed: int = 0
) -> list[np.ndarray]:
    """like_from_point (4, 4) of the motions that most points have their like by, the most first.

    points: (P, 3); likes: (L, 2) pairs of points that are alike, sorted; reach: world units that a motion may
    miss a like by; near: within which the points of a sample lie.
    """
    rng = np.random.default_rng(seed)
    if len(likes) > options.most_likes:
        likes = likes[np.sort(rng.choice(len(likes), options.most_likes, replace=False))]
    found: list[np.ndarray] = []
    while len(found) < options.motions and len(likes) >= options.least:
        motion = _best(points, likes, reach, near, options, rng)
        if motion is None:
            break
        found.append(motion)
        there = _off(motion[None], points[likes[:, 0]], points[likes[:, 1]])[0] < reach
        back = _off(motion[None], points[likes[:, 1]], points[likes[:, 0]])[0] < reach
        likes = likes[~(there | back)]
    return found


def with_like(motion: np.ndarray, points: np.ndarray, likes: np.ndarray, reach: float) -> int:
    """How many points have a like where a motion takes them."""
    here, there = points[likes[:, 0]], points[likes[:, 1]]
    return int(_counts(motion[None], here, there, likes[:, 0], reach)[0]) if len(likes) else 0


def _best(
    points: np.ndarray,
    likes: np.ndarray,
    reach: float,
    near: float,
    options: RepeatsOptions,
    rng: np.random.Generator,
) -> np.ndarray | None:
    """The motion of most points, fitted to them; None where too few have their like by any."""
    here, there = points[likes[:, 0]], points[likes[:, 1]]
    samples = _samples(here, there, reach, near, options, rng)
    if not len(samples):
        return None
    motions = kabsch(here[samples], there[samples]).matrix().numpy()
    counts = _counts(motions, here, there, likes[:, 0], reach)
    best, count = motions[counts.argmax()], int(counts.max())
    for _ in range(3):
        fits = _off(best[None], here, there)[0] < reach
        fitted = kabsch(here[fits], there[fits]).matrix().numpy()
        again = int(_counts(fitted[None], here, there, likes[:, 0], reach)[0])
        if again < count:
            break
        best, count = fitted, again
    return best if count >= options.least else None


def _samples(
    here: np.ndarray,
    there: np.ndarray,
    reach: float,
    near: float,
    options: RepeatsOptions,
    rng: np.random.Generator,
) -> np.ndarray:
    """(S, 3) likes whose points are as far from each other as their likes are, and near."""
    found = []
    for first in rng.choice(len(here), min(options.samples, len(here)), replace=False):
        length = np.linalg.norm(here - here[first], axis=1)
        kept = np.abs(length - np.linalg.norm(there - there[first], axis=1)) < reach
        companions = np.flatnonzero(kept & (length > reach) & (length < near))
        if len(companions) > 1:
            two = rng.choice(companions, (options.companions, 2))
            found.append(np.insert(two, 0, first, axis=1))
    samples = np.concatenate(found or [np.zeros((0, 3), dtype=np.int64)])
    sides = [np.linalg.norm(one[samples[:, 1]] - one[samples[:, 2]], axis=1) for one in (here, there)]
    return samples[(np.abs(sides[0] - sides[1]) < reach) & (sides[0] > reach)]


def _counts(
    motions: np.ndarray, here: np.ndarray, there: np.ndarray, point: np.ndarray, reach: float
) -> np.ndarray:
    """(B,) how many points have a like where a motion (B, 4, 4) takes them; point: (L,) sorted."""
    starts = np.flatnonzero(np.diff(point, prepend=-1))
    chunks = np.array_split(motions, -(-len(motions) // CHUNK))
    fits = [_off(some, here, there) < reach for some in chunks]
    return np.concatenate([np.logical_or.reduceat(one, starts, axis=1).sum(1) for one in fits])


def _off(motions: np.ndarray, here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(B, L) distances of moved points (L, 3) from their likes."""
    moved = np.einsum("bij,lj->bli", motions[:, :3, :3], here) + motions[:, None, :3, 3]
    return np.linalg.norm(moved - there, axis=2)
