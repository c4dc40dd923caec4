"""The volume that two turned boxes share, exactly.

The intersection is convex. Its faces are those of each box, clipped by the other; its volume is a third of
the sum of their areas times their distances from any one point (divergence theorem).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# The corners of the cube of half side 1.
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
# Its faces: outward normals, and places in `CORNERS` around the border of each.
NORMALS = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]], dtype=np.float64)
BORDERS = np.array(
    [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
)  # fmt: skip
SAME_PLACE = 1e-9  # of the longest side: nearer than this to a plane is on it


class _Box(NamedTuple):
    """Faces (P, 6, 4, 3) of boxes, their outward normals (P, 6, 3) and where these planes lie (P, 6)."""

    faces: np.ndarray
    normals: np.ndarray
    offsets: np.ndarray


def intersection_volume(A: np.ndarray, a: np.ndarray, B: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(P,) of boxes cam_from_box A, B (P, 3, 4) with sides a, b (P, 3), in the third power of their unit."""
    to_b = B[:, :, :3].transpose(0, 2, 1)
    turn, shift = _orthonormal(to_b @ A[:, :, :3]), (to_b @ (A[:, :, 3:] - B[:, :, 3:]))[:, :, 0]
    first, second = _box(turn, shift, a), _box(np.broadcast_to(np.eye(3), turn.shape), 0 * shift, b)
    flat = SAME_PLACE * np.maximum(a.max(axis=1), b.max(axis=1))
    # A face that lies in a face of the other box is one face of the intersection: it counts with the first.
    volume = _cone_volume(first, second, flat, keeps_common=True)
    volume += _cone_volume(second, first, flat, keeps_common=False)
    return np.clip(volume, 0, np.minimum(a.prod(axis=1), b.prod(axis=1)))


def _orthonormal(turns: np.ndarray) -> np.ndarray:
    """(P, 3, 3) the nearest rotations: of rounded ones each box would see itself before the other's face."""
    left, _, right = np.linalg.svd(turns)
    return left @ right


def _box(turn: np.ndarray, shift: np.ndarray, sizes: np.ndarray) -> _Box:
    corners = (CORNERS * (sizes[:, None] / 2)) @ turn.transpose(0, 2, 1) + shift[:, None]
    normals = NORMALS @ turn.transpose(0, 2, 1)
    faces = corners[:, BORDERS]
    return _Box(faces, normals, np.einsum("pfk,pfk->pf", normals, faces[:, :, 0]))


def _cone_volume(box: _Box, other: _Box, flat: np.ndarray, keeps_common: bool) -> np.ndarray:
    """(P,) signed volume of the cones from the origin over what of a box's faces lies in the other box."""
    faces = box.faces
    for side in range(6):
        normal, offset = other.normals[:, side], other.offsets[:, side]
        heights = np.einsum("pfvk,pk->pfv", faces, normal) - offset[:, None, None]
        heights[np.abs(heights) <= flat[:, None, None]] = 0
        if not keeps_common:
            along = np.einsum("pfk,pk->pf", box.normals, normal) > 0
            heights[(heights == 0).all(axis=2) & along] = 1
        faces = _clipped(faces, heights)
    spokes = faces[:, :, 1:] - faces[:, :, :1]
    areas = np.linalg.norm(np.cross(spokes[:, :, :-1], spokes[:, :, 1:]).sum(axis=2), axis=-1) / 2
    return (box.offsets * areas).sum(axis=1) / 3


def _clipped(polygons: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Convex polygons (..., V, 3) where their heights (..., V) over a plane are at most 0: (..., V + 1, 3).

    Unused places repeat a corner, and are all 0 where nothing is left. (Sutherland and Hodgman 1974.)
    """
    following, next_heights = np.roll(polygons, -1, axis=-2), np.roll(heights, -1, axis=-1)
    is_in, next_is_in = heights <= 0, next_heights <= 0
    crosses = is_in != next_is_in
    share = np.where(crosses, heights / np.where(crosses, heights - next_heights, 1), 0)
    crossings = polygons + share[..., None] * (following - polygons)
    points = np.stack([polygons, crossings], axis=-2).reshape(*polygons.shape[:-2], -1, 3)
    is_kept = np.stack([is_in, crosses], axis=-1).reshape(*heights.shape[:-1], -1)
    order = np.argsort(~is_kept, axis=-1, kind="stable")[..., : polygons.shape[-2] + 1]
    points = np.take_along_axis(points, order[..., None], axis=-2)
    is_kept = np.take_along_axis(is_kept, order, axis=-1)
    return np.where(is_kept[..., None], points, points[..., :1, :] * is_kept[..., :1, None])
