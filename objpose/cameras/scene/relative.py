"""What a relative pose says about pairs of rays: epipolar error, depths, angle between the rays.

All functions take `b_from_a` as (4, 4) and rays as (..., 2) points at depth one. They work on coordinates, as
most of their calls are of so few rays that what numpy does beside the arithmetic is the larger part.
"""

from __future__ import annotations

import numpy as np

from objpose.geometry.rigid_matrices import cross_matrix, inverse_matrix

Coordinates = tuple[np.ndarray, np.ndarray, np.ndarray]  # of vectors


def homogeneous(rays: np.ndarray) -> np.ndarray:
    """(..., 3) with a last coordinate of one."""
    lifted = np.ones((*rays.shape[:-1], 3))
    lifted[..., :2] = rays
    return lifted


def epipolar_error(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(...) Sampson's distance of ray pairs from the epipolar geometry, at depth one."""
    return _sampson(b_from_a, *_in_b(b_from_a, rays_a, rays_b))


def epipolar_error_table(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(A, B) the same for every ray (A, 2) of a with every ray (B, 2) of b."""
    essential = _essential(b_from_a)
    a, b = homogeneous(rays_a), homogeneous(rays_b)
    lines_b, lines_a = a @ essential.T, b @ essential
    slope = (lines_b[:, :2] ** 2).sum(-1)[:, None] + (lines_a[:, :2] ** 2).sum(-1)
    table = lines_b @ b.T
    np.sqrt(np.maximum(slope, 1e-24, out=slope), out=slope)  # in place: large tables, and many of them
    np.abs(table, out=table)
    table /= slope
    return table


def depths(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depths (M,) in a and in b where the rays of each pair pass closest; their signs tell what lies
    behind.
    """
    return _closest(*_in_b(b_from_a, rays_a, rays_b))


def ray_angles(b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(M,) degrees between the two rays of each pair: how well the pair fixes a depth."""
    a, b, _ = _in_b(b_from_a, rays_a, rays_b)
    return np.degrees(_angles(a, b))


def epipolar_misfit(
    b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray, tolerance: float
) -> np.ndarray:
    """(..., M) epipolar error of rays (M, 2) under each pose (..., 4, 4), in tolerances; inf for rays that
    meet behind a camera, unless at infinity.
    """
    a, b, t = _in_b(b_from_a, rays_a, rays_b)
    depth_a, depth_b = _closest(a, b, t)
    misfit = _sampson(b_from_a, a, b, t) / tolerance
    behind = (depth_a <= 0) | (depth_b <= 0)
    if behind.any():
        a, b = _at(behind, a), _at(behind, b)
        misfit[behind] = np.where(_angles(a, b) >= tolerance, np.inf, misfit[behind])
    return misfit


def project(cam_from_world: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(..., P, 2) places at depth one of points (P, 3) in cameras (..., 4, 4); far outside of any photo for
    those behind the camera.
    """
    seen = points @ cam_from_world[..., :3, :3].swapaxes(-1, -2) + cam_from_world[..., None, :3, 3]
    in_front = seen[..., 2:] > 1e-9
    return np.where(in_front, seen[..., :2] / np.where(in_front, seen[..., 2:], 1.0), 1e6)


def relative_pose(cams_from_world: dict[int, np.ndarray], a: int, b: int) -> np.ndarray:
    """(4, 4) b_from_a of two placed views."""
    return cams_from_world[b] @ inverse_matrix(cams_from_world[a])


def _essential(b_from_a: np.ndarray) -> np.ndarray:
    return cross_matrix(b_from_a[:3, 3]) @ b_from_a[:3, :3]


def _in_b(
    b_from_a: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray
) -> tuple[Coordinates, Coordinates, Coordinates]:
    """In the frame of b: the rays of a, those of b, and the way to a's centre."""
    entry = b_from_a[..., None]
    x, y = rays_a[..., 0], rays_a[..., 1]
    a = [entry[..., i, 0, :] * x + entry[..., i, 1, :] * y + entry[..., i, 2, :] for i in range(3)]
    b = rays_b[..., 0], rays_b[..., 1], np.ones(rays_b.shape[:-1])
    return (a[0], a[1], a[2]), b, (entry[..., 0, 3, :], entry[..., 1, 3, :], entry[..., 2, 3, :])


def _sampson(b_from_a: np.ndarray, a: Coordinates, b: Coordinates, t: Coordinates) -> np.ndarray:
    across, down, level = _cross(t, a)  # the line in b
    back, entry = _cross(b, t), b_from_a[..., None]
    in_a = [
        entry[..., 0, i, :] * back[0] + entry[..., 1, i, :] * back[1] + entry[..., 2, i, :] * back[2]
        for i in (0, 1)
    ]
    slope = across * across + down * down + in_a[0] * in_a[0] + in_a[1] * in_a[1]
    return np.abs(_dot(b, (across, down, level))) / np.sqrt(np.maximum(slope, 1e-24))


def _closest(a: Coordinates, b: Coordinates, t: Coordinates) -> tuple[np.ndarray, np.ndarray]:
    aa, bb, ab, at, bt = _dot(a, a), _dot(b, b), _dot(a, b), _dot(a, t), _dot(b, t)
    determinant = np.maximum(aa * bb - ab * ab, 1e-18)
    return (ab * bt - bb * at) / determinant, (aa * bt - ab * at) / determinant


def _angles(a: Coordinates, b: Coordinates) -> np.ndarray:
    """Radians."""
    across = _cross(a, b)
    return np.arctan2(np.sqrt(_dot(across, across)), _dot(a, b))


def _at(chosen: np.ndarray, vectors: Coordinates) -> Coordinates:
    """Those at a mask, whose shape they spread to."""
    x, y, z = (np.broadcast_to(one, chosen.shape)[chosen] for one in vectors)
    return x, y, z


def _dot(a: Coordinates, b: Coordinates) -> np.ndarray:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Coordinates, b: Coordinates) -> Coordinates:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
