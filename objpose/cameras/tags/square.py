"""A tag as a square: where it may stand before one camera, and whether two see the same one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from objpose.cameras.tags.detection import opencv
from objpose.geometry.rigid_matrices import cross_matrices, rigid_matrix

# (4, 3) of a tag of side one in its own frame: x right, y up, z to who looks at it; clockwise as they come.
CORNERS = 0.5 * np.array([[-1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [-1.0, -1.0, 0.0]])


def squares_before(rays: np.ndarray) -> list[np.ndarray]:
    """cam_from_tag (4, 4) of the at most two squares that look so, the better one first, sides of one.

    rays: (4, 2) of its corners. Collins & Bartoli, IJCV 2014 (IPPE), by OpenCV.
    """
    cv2 = opencv()
    _, turns, shifts, _ = cv2.solvePnPGeneric(
        CORNERS, rays.astype(np.float64), np.eye(3), None, flags=cv2.SOLVEPNP_IPPE_SQUARE
    )
    found = [
        rigid_matrix(cv2.Rodrigues(turn)[0], np.ravel(shift))
        for turn, shift in zip(turns, shifts, strict=True)
    ]
    return [one for one in found if np.isfinite(one).all() and one[2, 3] > 0]


def seen_corners(cam_from_tag: np.ndarray) -> np.ndarray:
    """(..., 4, 3) corners in the camera of tags (..., 4, 4)."""
    return CORNERS @ cam_from_tag[..., :3, :3].swapaxes(-1, -2) + cam_from_tag[..., None, :3, 3]


def misfit_of_squares(
    b_from_a: np.ndarray, a_from_tag: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray, steps: int
) -> np.ndarray:
    """(T,) mean square distance, at depth one, of eight corners from the square that fits both photos best.

    b_from_a: (4, 4), whose length is free; a_from_tag: (T, 4, 4) to start from; rays: (T, 4, 2). Gauss-Newton
    over the tag's place in a and that length; inf where corners come to lie behind a camera.
    """
    points = seen_corners(a_from_tag)
    length = _length(b_from_a, points, rays_b)
    for _ in range(steps):
        residuals, jacobian = _linearised(b_from_a, points, length, rays_a, rays_b)
        normal = jacobian.swapaxes(1, 2) @ jacobian
        normal += 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(7)
        step = np.linalg.solve(normal, jacobian.swapaxes(1, 2) @ residuals[..., None])[..., 0]
        step *= np.minimum(1.0, 0.5 / np.abs(step[:, 3:]).max(1, keepdims=True).clip(min=1e-12))
        points = _moved(points, -step)
        length = length * np.exp(-step[:, 6])
    residuals, _ = _linearised(b_from_a, points, length, rays_a, rays_b)
    behind = (points[..., 2] <= 0) | (_in_b(b_from_a, points, length)[..., 2] <= 0)
    return np.where(behind.any(1), np.inf, (residuals**2).sum(1) / 8.0)


def length_between(
    motions: Sequence[np.ndarray], points: np.ndarray, rays: Sequence[np.ndarray]
) -> float | None:
    """What motions (4, 4) to other photos are to be multiplied by for points (4, 3) to come nearest to their
    rays (4, 2) there: what most of them ask for, None where none does.
    """
    parts = [
        _length_parts(motion, points[None], seen[None]) for motion, seen in zip(motions, rays, strict=True)
    ]
    lengths = [float(wanted[0] / asked[0]) for wanted, asked in parts if asked[0] > 0 and wanted[0] > 0]
    return float(np.median(lengths)) if lengths else None


def _length(b_from_a: np.ndarray, points: np.ndarray, rays_b: np.ndarray) -> np.ndarray:
    """(T,) of the motion under which the points (T, 4, 3) come nearest to their rays in b."""
    wanted, asked = _length_parts(b_from_a, points, rays_b)
    return np.maximum(wanted / asked.clip(min=1e-12), 1e-3)


def _length_parts(
    b_from_a: np.ndarray, points: np.ndarray, rays_b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(T,) and (T,) whose ratio that length is."""
    turned, shift = points @ b_from_a[:3, :3].T, b_from_a[:3, 3]
    asked = rays_b * shift[2] - shift[:2]
    wanted = turned[..., :2] - rays_b * turned[..., 2:]
    return (asked * wanted).sum((1, 2)), (asked**2).sum((1, 2))


def _in_b(b_from_a: np.ndarray, points: np.ndarray, length: np.ndarray) -> np.ndarray:
    return points @ b_from_a[:3, :3].T + length[:, None, None] * b_from_a[:3, 3]


def _linearised(
    b_from_a: np.ndarray, points: np.ndarray, length: np.ndarray, rays_a: np.ndarray, rays_b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(T, 16) residuals, and (T, 16, 7) by the tag's twist (v, omega) about the origin of a and ln length."""
    there = _in_b(b_from_a, points, length)
    by_twist = np.concatenate(
        [np.broadcast_to(np.eye(3), (*points.shape, 3)), -cross_matrices(points)], axis=-1
    )
    by_length = np.broadcast_to(length[:, None, None] * b_from_a[:3, 3], points.shape)
    moves_a = np.concatenate([by_twist, np.zeros((*points.shape, 1))], axis=-1)
    moves_b = np.concatenate([b_from_a[:3, :3] @ by_twist, by_length[..., None]], axis=-1)
    parts = [_projected(points, rays_a, moves_a), _projected(there, rays_b, moves_b)]
    residuals = np.concatenate([one.reshape(len(points), 8) for one, _ in parts], axis=1)
    return residuals, np.concatenate([one.reshape(len(points), 8, 7) for _, one in parts], axis=1)


def _projected(points: np.ndarray, rays: np.ndarray, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    depth = np.where(np.abs(points[..., 2:]) > 1e-9, points[..., 2:], 1e-9)
    seen = points[..., :2] / depth
    jacobian = (moves[..., :2, :] - seen[..., None] * moves[..., 2:, :]) / depth[..., None]
    return seen - rays, jacobian


def _moved(points: np.ndarray, twist: np.ndarray) -> np.ndarray:
    """Points (T, 4, 3) turned and shifted by twists (T, 6+), exactly rigidly: squares stay squares."""
    omega = twist[:, 3:6]
    angle = np.linalg.norm(omega, axis=1)[:, None, None]
    axis = omega[:, None] / np.where(angle > 1e-12, angle, 1.0)
    turned = (
        points * np.cos(angle)
        + np.cross(np.broadcast_to(axis, points.shape), points) * np.sin(angle)
        + axis * (points * axis).sum(-1, keepdims=True) * (1.0 - np.cos(angle))
    )
    return turned + twist[:, None, :3]
