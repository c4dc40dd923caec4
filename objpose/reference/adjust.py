"""Two views of one thing adjusted: the relative pose that matches and the reliefs of both views ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from objpose.geometry.rigid_matrices import cross_matrices, rigid_matrix
from objpose.reference.relief import BEHIND, Relief

ITERATIONS = 15
SETTLED = 1e-5  # step, radians and units of distance, below which it is the last
DAMPING = 1e-6
OUTLIER = 9.0  # squared standard deviations at which a match is believed no more than chance


@dataclass(frozen=True, eq=False)
class Pair:
    """N matches: rays_a, rays_b (N, 2) at depth one; relief: of a; there: of b, in metres of `unit` or, where
    that is None, in distances of the thing's middle in b; noise: (N,) standard deviation of a ray of b;
    independent: share of the matches that err by themselves.
    """

    rays_a: np.ndarray
    rays_b: np.ndarray
    relief: Relief
    there: Relief
    noise: np.ndarray
    independent: float = 1.0

    @property
    def amounts(self) -> int:
        """Number of all shapes: those of a, then those of b."""
        return self.relief.shapes.shape[1] + self.there.shapes.shape[1]


@dataclass(frozen=True, eq=False)
class Adjusted:
    """b_from_a: (4, 4); amounts: (L,) of the reliefs' shapes; cost: in nats, of outliers no more than
    OUTLIER / 2 each; misfit: (N,) standard deviations that each match is off; covariance: (6, 6) of the twist
    (v, w) about the thing's middle in b, in the relief's unit and radians; length: of b's relief in it.
    """

    b_from_a: np.ndarray
    amounts: np.ndarray
    cost: float
    misfit: np.ndarray
    covariance: np.ndarray
    length: float


def adjusted(pair: Pair, b_from_a: np.ndarray, amounts: np.ndarray) -> Adjusted:
    """The most likely pose near a start (4, 4) and amounts (L,), by Gauss-Newton on reweighted matches."""
    best = _State(pair, b_from_a, amounts)
    damping = DAMPING
    for _ in range(ITERATIONS):
        normal, gradient = best.equations()
        step = -np.linalg.solve(normal + damping * np.diag(normal.diagonal()), gradient)
        moved = best.moved(step)
        if moved.cost > best.cost:
            damping = max(10 * damping, 1e-3)
            if damping > 1e3:
                break
            continue
        best, damping = moved, damping / 10
        if np.abs(step).max() < SETTLED:
            break
    normal, _ = best.equations()
    covariance = np.linalg.inv(normal)[:6, :6]
    return Adjusted(best.b_from_a, best.amounts, best.cost, np.sqrt(best.squared), covariance, best.length)


class _State:
    """Residuals and their covariances at one pose."""

    def __init__(self, pair: Pair, b_from_a: np.ndarray, amounts: np.ndarray):
        self.pair, self.b_from_a, self.amounts = pair, b_from_a, amounts
        relief, there = pair.relief, pair.there
        count = relief.shapes.shape[1]
        rays = np.concatenate([pair.rays_a, np.ones((len(pair.rays_a), 1))], axis=1)
        self.along = rays @ b_from_a[:3, :3].T  # (N, 3) where a point moves with its depth
        self.seen = (
            self.along * (relief.expected + relief.shapes @ amounts[:count])[:, None] + b_from_a[:3, 3]
        )
        depth = np.maximum(self.seen[:, 2], BEHIND)
        plane = self.seen[:, :2] / depth[:, None]
        self.length = self._length()
        told = there.expected + there.shapes @ amounts[count:]
        beyond = np.where(there.is_known, self.seen[:, 2] / self.length - told, 0.0)
        self.off = np.concatenate([plane - pair.rays_b, beyond[:, None]], axis=1)
        self.by_place = np.zeros((len(depth), 3, 3))
        self.by_place[:, 0, 0] = self.by_place[:, 1, 1] = 1 / depth
        self.by_place[:, :2, 2] = -plane / depth[:, None]
        self.by_place[:, 2, 2] = there.is_known / self.length
        by_depth = (self.by_place @ self.along[:, :, None])[:, :, 0]
        spread = by_depth[:, :, None] * by_depth[:, None, :] * (relief.noise**2)[:, None, None]
        own = np.stack([pair.noise, pair.noise, there.noise], axis=1) ** 2
        self.weight = np.linalg.inv(spread + own[:, :, None] * np.eye(3))
        self.squared = np.einsum("ni,nij,nj->n", self.off, self.weight, self.off)
        self.squared[self.seen[:, 2] <= BEHIND] = np.inf
        robust = -np.log(np.exp(-np.minimum(self.squared, 80.0) / 2) + np.exp(-OUTLIER / 2))
        self.cost = float(pair.independent * robust.sum() + amounts @ amounts / 2)

    def _length(self) -> float:
        """That of b's relief, in the unit of a's: a known one, or the distance of the thing's middle."""
        here, there = self.pair.relief.unit, self.pair.there.unit
        if there is None:
            return max(float(self.middle[2]), BEHIND)
        assert here is not None  # of two views with one measured relief, that is the first
        return there / here

    def equations(self) -> tuple[np.ndarray, np.ndarray]:
        """Normal matrix and gradient (6 + L) of the twist about the thing's middle and of the amounts."""
        relief, there = self.pair.relief, self.pair.there
        trust = self.pair.independent / (1 + np.exp(np.minimum((self.squared - OUTLIER) / 2, 80.0)))
        arm = self.seen - self.middle
        to_pose = np.concatenate([self.by_place, -self.by_place @ cross_matrices(arm)], axis=2)
        if there.unit is None:  # the length moves with the thing
            to_pose[:, 2, 2] -= there.is_known * self.seen[:, 2] / self.length**2
        by_depth = self.by_place @ self.along[:, :, None]
        by_there = np.zeros((len(arm), 3, there.shapes.shape[1]))
        by_there[:, 2] = -there.shapes * there.is_known[:, None]
        jacobian = np.concatenate([to_pose, by_depth * relief.shapes[:, None, :], by_there], axis=2)
        weighted = np.einsum("n,nij,njk->nik", trust, self.weight, jacobian)
        normal = np.einsum("nij,nik->jk", jacobian, weighted)
        gradient = np.einsum("nij,ni->j", weighted, self.off)
        count = len(self.amounts)
        normal += np.diag([1e-3] * 3 + [1e-2] * 3 + [1.0] * count)  # far wider than any answer
        gradient[6:] += self.amounts
        return normal, gradient

    @property
    def middle(self) -> np.ndarray:
        """(3,) of a thing on a's axis at distance one, in b."""
        return self.b_from_a[:3, 2] + self.b_from_a[:3, 3]

    def moved(self, step: np.ndarray) -> _State:
        turn = Rotation.from_rotvec(step[3:6]).as_matrix()
        shift = self.middle + step[:3] - turn @ self.middle
        b_from_a = rigid_matrix(turn, shift) @ self.b_from_a
        return _State(self.pair, b_from_a, self.amounts + step[6:])
