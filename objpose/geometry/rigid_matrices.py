"""Single rigid transforms as (4, 4) float64 arrays.

For code that chains thousands of them one by one, as the recovery of cameras does: there an `SE3` spends its
time on making tensors, 20 times as long for an inverse and 150 times for a product. Everywhere else, and in
every answer, a transform is an `SE3`.
"""

from __future__ import annotations

import numpy as np


def rigid_matrix(rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """(4, 4) from a rotation (3, 3) and a translation (3,)."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, translation
    return matrix


def inverse_matrix(b_from_a: np.ndarray) -> np.ndarray:
    """(4, 4) a_from_b."""
    rotation = b_from_a[:3, :3].T
    return rigid_matrix(rotation, -rotation @ b_from_a[:3, 3])


def centre_of(cam_from_world: np.ndarray) -> np.ndarray:
    """(3,) where a camera stands in the world."""
    return -cam_from_world[:3, :3].T @ cam_from_world[:3, 3]


def cross_matrix(vector: np.ndarray) -> np.ndarray:
    """(3, 3) whose product with x is the cross product of the vector with x."""
    x, y, z = vector
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def cross_matrices(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3) the same of vectors (..., 3)."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vectors.shape, 3)


def rotation_degrees(rotation: np.ndarray) -> float:
    """Angle in [0, 180] that a rotation (3, 3) turns by."""
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1.0, 1.0))))


def direction_degrees(first: np.ndarray, second: np.ndarray) -> float:
    """Angle between two vectors (3,); 0 where one of them vanishes."""
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    return 0.0 if lengths < 1e-12 else float(np.degrees(np.arccos(np.clip(first @ second / lengths, -1, 1))))
