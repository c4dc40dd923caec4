"""What a relative pose says about pairs of rays: epipolar error, depths, angle between the rays.

All functions take `b_from_a` as (4, 4) and rays as (..., 2) points at depth one.
"""

from __future__ import annotations

import numpy as np

from objpose.geometry.rigid_matrices import cross_matrix, inverse_matrix


def homogeneous(rays: np.ndarray) -> np.ndarray:
    """(..., 3) with a last coordinate of one."""
    lifted = np.ones((*rays.shape[:-1], 3))
    lifted[..., :2] = rays
    return lifted


def epipolar_error(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(...) Sampson's distance of ray pairs from the epipolar geometry, at depth one."""
    essential = _essential(b_from_a)
    a, b = homogeneous(rays_a), homogeneous(rays_b)
    lines_b, lines_a = a @ essential.T, b @ essential[:, :2]
    slope = lines_b[..., 0] ** 2 + lines_b[..., 1] ** 2 + lines_a[..., 0] ** 2 + lines_a[..., 1] ** 2
    return np.abs(np.einsum("...i,...i->...", b, lines_b)) / np.sqrt(np.maximum(slope, 1e-24))


def epipolar_error_table(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(A, B) the same for every ray (A, 2) of a with every ray (B, 2) of b."""
    essential = _essential(b_from_a)
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


def project(cam_from_world: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(P, 2) places of points at depth one; far outside of any photo for those behind the camera."""
    seen = points @ cam_from_world[:3, :3].T + cam_from_world[:3, 3]
    in_front = seen[:, 2:] > 1e-9
    return np.where(in_front, seen[:, :2] / np.where(in_front, seen[:, 2:], 1.0), 1e6)


def relative_pose(cams_from_world: dict[int, np.ndarray], a: int, b: int) -> np.ndarray:
    """(4, 4) b_from_a of two placed views."""
    return cams_from_world[b] @ inverse_matrix(cams_from_world[a])


def _essential(b_from_a: np.ndarray) -> np.ndarray:
    return cross_matrix(b_from_a[:3, 3]) @ b_from_a[:3, :3]
