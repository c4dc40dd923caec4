"""Cameras about one object: what tangent planes, matches and how photos are usually taken say of them.

The world's origin is near the object's middle; its unit is the object's size as outlines show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from objpose.cameras.silhouettes.fitting import Residuals
from objpose.cameras.silhouettes.options import OrbitOptions
from objpose.cameras.silhouettes.silhouette import Silhouette
from objpose.cameras.silhouettes.tangency import coplanarity, touching
from objpose.geometry.rigid_matrices import cross_matrices


@dataclass(frozen=True, eq=False)
class Matched:
    """Keypoints of two photos that show one point; pairs: (M, 2) photos; rays: (M, 2, 3) at depth one;
    sigmas: (M, 2) of them there; counts: (M,) for how many matches each stands.
    """

    pairs: np.ndarray
    rays: np.ndarray
    sigmas: np.ndarray
    counts: np.ndarray

    @staticmethod
    def none() -> Matched:
        return Matched(np.zeros((0, 2), np.int64), np.zeros((0, 2, 3)), np.zeros((0, 2)), np.zeros(0))

    def among(self, photos: np.ndarray, count: int) -> Matched:
        """Of some of so many photos, by their places among those."""
        place = np.full(count, -1)
        place[photos] = np.arange(len(photos))
        both = (place[self.pairs] >= 0).all(1)
        return Matched(place[self.pairs[both]], self.rays[both], self.sigmas[both], self.counts[both])


class Orbit:
    """The residuals of N photos, in standard deviations, and their derivatives by the cameras' twists.

    horizon: (2,) unit, what is level in all photos: x in upright ones; moving: photos of which alone pairs
    count.
    """

    def __init__(
        self,
        silhouettes: Sequence[Silhouette],
        matched: Matched,
        options: OrbitOptions,
        horizon: np.ndarray,
        moving: Sequence[int] | None = None,
    ):
        self.silhouettes, self.matched, self.options, self.horizon = silhouettes, matched, options, horizon
        self.rays = np.stack(
            [np.pad(one.corners, ((0, 0), (0, 1)), constant_values=1.0) for one in silhouettes]
        )
        self.centre, self.is_open = (
            np.stack([getattr(one, name) for one in silhouettes]) for name in ("centre", "is_open")
        )
        self.size, self.sigma, self.cut = (
            np.array([getattr(one, name) for one in silhouettes]) for name in ("size", "sigma", "cut")
        )
        pairs = np.array(list(combinations(range(len(silhouettes)), 2)), dtype=np.int64).reshape(-1, 2)
        self.pairs = pairs if moving is None else pairs[np.isin(pairs, moving).any(1)]
        self.level = np.array([*horizon, 0.0])

    def among(self, photos: np.ndarray, moving: Sequence[int] | None = None) -> Orbit:
        """Of some of the photos; moving: places in photos."""
        chosen = [self.silhouettes[one] for one in photos]
        matched = self.matched.among(photos, len(self.silhouettes))
        return Orbit(chosen, matched, self.options, self.horizon, moving)

    def linearised(self, cams: np.ndarray, blur: float) -> Residuals:
        """Of placements (B, N, 4, 4). blur: by how much outlines are taken to be less exact than they are, so
        that rough cameras are led from afar.
        """
        return Residuals.joined([self._tangents(cams, blur), self._matches(cams), self.usual(cams)])

    def usual(self, cams: np.ndarray) -> Residuals:
        """Of how photos are taken alone."""
        return Residuals.joined([self._looks(cams), self._rolls(cams)])

    def planes(self, cams: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(B, P, 2) sigmas by which the planes that touch the object are off, and (B, P, 2) the object's size
        in those; 0 where there are none.
        """
        touched = touching(cams, self.rays, self.is_open, self.pairs)
        first, second = self.pairs.T
        found = coplanarity(
            cams[:, first, None], cams[:, second, None], touched.ray[:, :, 0], touched.ray[:, :, 1]
        )
        sigma, size = (_spread(found.rate, one[self.pairs][:, None]) for one in (self.sigma, self.size))
        told = touched.is_told
        return np.where(told, found.angle / sigma, 0.0), np.where(told, size / sigma, 0.0)

    def up(self, cams: np.ndarray) -> np.ndarray:
        """(B, 3) what all photos together have for up, in the world."""
        level = np.matmul(cams[..., :3, :3].swapaxes(-1, -2), self.level)
        up = np.linalg.eigh(np.einsum("bni,bnj->bij", level, level))[1][..., 0]
        x, y, _ = self.level
        down = np.matmul(cams[..., :3, :3].swapaxes(-1, -2), np.array([-y, x, 0.0])).sum(1)
        return up * np.where((up * down).sum(-1, keepdims=True) > 0, -1.0, 1.0)

    def _tangents(self, cams: np.ndarray, blur: float) -> Residuals:
        touched = touching(cams, self.rays, self.is_open, self.pairs)
        first, second = self.pairs.T
        found = coplanarity(
            cams[:, first, None], cams[:, second, None], touched.ray[:, :, 0], touched.ray[:, :, 1]
        )
        scale = touched.is_told / (blur * _spread(found.rate, self.sigma[self.pairs][:, None]))
        rows = [
            (one * scale[..., None]).reshape(len(cams), -1, 6) for one in (found.by_first, found.by_second)
        ]
        slope = self._scattered(np.repeat(self.pairs, 2, axis=0), *rows)
        return _alike((found.angle * scale).reshape(len(cams), -1), slope, may_fail=True)

    def _matches(self, cams: np.ndarray) -> Residuals:
        pairs, rays = self.matched.pairs, self.matched.rays
        found = coplanarity(cams[:, pairs[:, 0]], cams[:, pairs[:, 1]], rays[None, :, 0], rays[None, :, 1])
        scale = 1.0 / _spread(found.rate, self.matched.sigmas)
        slope = self._scattered(pairs, found.by_first * scale[..., None], found.by_second * scale[..., None])
        counts = self.matched.counts
        return Residuals(found.angle * scale, slope, counts, np.ones(len(counts), dtype=bool))

    def _looks(self, cams: np.ndarray) -> Residuals:
        """Where the object's middle is seen, and how far away."""
        place, count = cams[..., :3, 3], len(self.size)
        depth = np.maximum(place[..., 2], 1e-3)
        unseen = self.options.by_cut * self.cut
        far_sigma = np.hypot(self.options.distance, unseen)
        aside = 1.0 / (np.hypot(self.options.centre, unseen) * self.size)
        by_place = np.zeros((*place.shape[:2], 3, 3))
        for axis in (0, 1):
            by_place[..., axis, axis] = aside / depth
            by_place[..., axis, 2] = -aside * place[..., axis] / depth**2
        by_place[..., 2, 2] = 1.0 / (far_sigma * depth)
        seen = (place[..., :2] / depth[..., None] - self.centre) * aside[:, None]
        far = np.log(depth * self.size) / far_sigma
        by_twist = np.concatenate([by_place, -by_place @ cross_matrices(place)], axis=-1)
        slope = np.zeros((len(cams), count, 3, count, 6))
        slope[:, np.arange(count), :, np.arange(count)] = by_twist.swapaxes(0, 1)
        off = np.concatenate([seen, far[..., None]], axis=-1)
        return _alike(
            off.reshape(len(cams), -1), slope.reshape(len(cams), 3 * count, 6 * count), may_fail=False
        )

    def _rolls(self, cams: np.ndarray) -> Residuals:
        """How far each photo's horizon is from level, as all together have it."""
        rotation, count, up = cams[..., :3, :3], len(self.size), self.up(cams)
        sigma = np.radians(self.options.roll_deg)
        seen = np.matmul(rotation, up[:, None, :, None])[..., 0]
        slope = np.zeros((len(cams), count, count, 6))
        slope[:, np.arange(count), np.arange(count), 3:] = -np.cross(self.level, seen) / sigma
        return _alike(seen @ self.level / sigma, slope.reshape(len(cams), count, 6 * count), may_fail=True)

    def _scattered(self, pairs: np.ndarray, by_first: np.ndarray, by_second: np.ndarray) -> np.ndarray:
        """(B, R, 6 N) of rows (B, R, 6) by either photo of pairs (R, 2)."""
        count, rows = len(self.size), np.arange(len(pairs))
        slope = np.zeros((len(by_first), len(pairs), count, 6))
        slope[:, rows, pairs[:, 0]] = by_first
        slope[:, rows, pairs[:, 1]] = by_second
        return slope.reshape(len(by_first), len(pairs), 6 * count)


def _alike(off: np.ndarray, slope: np.ndarray, may_fail: bool) -> Residuals:
    count = off.shape[1]
    return Residuals(off, slope, np.ones(count), np.full(count, may_fail))


def _spread(rate: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Radians that the planes of two rays differ where the rays are off by sigmas (..., 2)."""
    return np.maximum(np.hypot(rate[..., 0] * sigmas[..., 0], rate[..., 1] * sigmas[..., 1]), 1e-12)
