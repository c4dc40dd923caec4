"""What a relative pose says about pairs of rays: epipolar error, depths, angle between the rays.

All functions take `b_from_a` as (4, 4) and rays as (..., 2) points at depth one.
"""

from __future__ import annotations

import numpy as np


def cross_matrix(vector: np.ndarray) -> np.ndarray:
    """(3, 3) whose product with x is the cross product of the vector with x."""
    x, y, z = vector
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def homogeneous(rays: np.ndarray) -> np.ndarray:
    """(..., 3) with a last coordinate of one."""
    lifted = np.ones((*rays.shape[:-1], 3))
    lifted[..., :2] = rays
    return lifted


def transform(rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """(4, 4) from a rotation (3, 3) and a translation (3,)."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, translation
    return matrix


def inverse(b_from_a: np.ndarray) -> np.ndarray:
    """(4, 4) a_from_b of a rigid transform."""
    rotation = b_from_a[:3, :3].T
    return transform(rotation, -rotation @ b_from_a[:3, 3])


def epipolar_error(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(...) Sampson's distance of ray pairs from the epipolar geometry, at depth one."""
    essential = cross_matrix(b_from_a[:3, 3]) @ b_from_a[:3, :3]
    a, b = homogeneous(rays_a), homogeneous(rays_b)
    lines_b, lines_a = a @ essential.T, b @ essential[:, :2]
    slope = lines_b[..., 0] ** 2 + lines_b[..., 1] ** 2 + lines_a[..., 0] ** 2 + lines_a[..., 1] ** 2
    return np.abs(np.einsum("...i,...i->...", b, lines_b)) / np.sqrt(np.maximum(slope, 1e-24))


def epipolar_error_table(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(A, B) the same for every ray (A, 2) of a with every ray (B, 2) of b."""
    essential = cross_matrix(b_from_a[:3, 3]) @ b_from_a[:3, :3]
    a, b = homogeneous(rays_a), homogeneous(rays_b)
    lines_b, lines_a = a @ essential.T, b @ essential
    slope = (lines_b[:, :2] ** 2).sum(-1)[:, None] + (lines_a[:, :2] ** 2).sum(-1)
    return np.abs(lines_b @ b.T) / np.sqrt(np.maximum(slope, 1e-24))


def depths(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depths (M,) in a and in b where the rays of each pair pass closest; their signs tell what lies
    behind.
    """
    a = homogeneous(rays_a) @ b_from_a[:3, :3].T
    b = homogeneous(rays_b)
    t = b_from_a[:3, 3]
    aa, bb, ab = (np.einsum("mi,mi->m", first, second) for first, second in ((a, a), (b, b), (a, b)))
    at, bt = a @ t, b @ t
    determinant = np.maximum(aa * bb - ab * ab, 1e-18)
    return (ab * bt - bb * at) / determinant, (aa * bt - ab * at) / determinant


def ray_angles(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(M,) degrees between the two rays of each pair: how well the pair fixes a depth."""
    a = homogeneous(rays_a) @ b_from_a[:3, :3].T
    b = homogeneous(rays_b)
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(-1)))


def rotation_angle(rotation: np.ndarray) -> float:
    """Degrees that a rotation (3, 3) turns by."""
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1.0, 1.0))))


def direction_angle(first: np.ndarray, second: np.ndarray) -> float:
    """Degrees between two vectors (3,); 0 where one of them vanishes."""
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    return (
        0.0 if lengths < 1e-12 else float(np.degrees(np.arccos(np.clip(first @ second / lengths, -1.0, 1.0))))
    )


def epipolar_misfit(
    b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray, tolerance: float
) -> np.ndarray:
    """(M,) epipolar error in tolerances; inf for a pair of rays that meets behind a camera, unless at
    infinity.
    """
    depth_a, depth_b = depths(b_from_a, rays_a, rays_b)
    misfit = epipolar_error(b_from_a, rays_a, rays_b) / tolerance
    behind = np.flatnonzero((depth_a <= 0) | (depth_b <= 0))
    angles = ray_angles(b_from_a, rays_a[behind], rays_b[behind])
    misfit[behind[np.radians(angles) >= tolerance]] = np.inf
    return misfit
