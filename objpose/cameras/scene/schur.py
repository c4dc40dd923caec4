"""Normal equations of cameras and points, the points eliminated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SchurNormal:
    """Normal equations: of cameras and squares (D, D), of the points (P, 3, 3), and between both (D, 3 P)."""

    dense: np.ndarray
    dense_gradient: np.ndarray
    points: np.ndarray
    points_gradient: np.ndarray
    between: np.ndarray

    def step(self, damping: float) -> tuple[np.ndarray, np.ndarray]:
        """Of cameras and squares (D,), and of the points (P, 3)."""
        diagonal = np.einsum("pii->pi", self.points)
        lifted = self.points + (damping * diagonal + 1e-12)[:, :, None] * np.eye(3)
        inverse = np.linalg.inv(lifted)
        size, count = len(self.dense), len(self.points)
        across = (self.between.reshape(size, count, 3).transpose(1, 0, 2) @ inverse).transpose(1, 0, 2)
        across = across.reshape(size, 3 * count)
        reduced = self.dense + np.diag(damping * self.dense.diagonal() + 1e-9) - across @ self.between.T
        dense = -np.linalg.solve(reduced, self.dense_gradient - across @ self.points_gradient.ravel())
        right = self.points_gradient + (self.between.T @ dense).reshape(count, 3)
        return dense, -(inverse @ right[:, :, None])[:, :, 0]
