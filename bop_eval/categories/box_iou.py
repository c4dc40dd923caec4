"""Overlap (IoU) of boxes in space: exact for turned boxes, of axis-aligned hulls, and as NOCS published it.

A box is `cam_from_box` (*, 3, 4) or (*, 4, 4), rigid, and its sizes (*, 3) along its own axes, in one unit;
its centre is the origin of its frame. Batches broadcast.
"""

from __future__ import annotations

import numpy as np

from bop_eval.categories.box_volume import CORNERS, intersection_volume
from objpose.errors import InputError

BOXES_AT_ONCE = 1 << 13


def oriented_iou(
    cam_from_a: np.ndarray, sizes_a: np.ndarray, cam_from_b: np.ndarray, sizes_b: np.ndarray
) -> np.ndarray:
    """Volume of the intersection over that of the union (*), in [0, 1], exact; 0 where a box has no volume.

    Raises:
        InputError: shapes that are no boxes, or numbers that are not finite.
    """
    (A, a), (B, b), shape = _pairs(cam_from_a, sizes_a, cam_from_b, sizes_b)
    volume_a, volume_b = np.prod(a, axis=-1), np.prod(b, axis=-1)
    reach = np.linalg.norm(a, axis=-1) / 2 + np.linalg.norm(b, axis=-1) / 2
    may_meet = np.linalg.norm(A[:, :, 3] - B[:, :, 3], axis=-1) < reach
    places = np.nonzero(may_meet & (volume_a > 0) & (volume_b > 0))[0]
    shared = np.zeros(len(A))
    for start in range(0, len(places), BOXES_AT_ONCE):
        part = places[start : start + BOXES_AT_ONCE]
        shared[part] = intersection_volume(A[part], a[part], B[part], b[part])
    return _over_union(shared, volume_a, volume_b).reshape(shape)


def axis_aligned_iou(
    cam_from_a: np.ndarray, sizes_a: np.ndarray, cam_from_b: np.ndarray, sizes_b: np.ndarray
) -> np.ndarray:
    """The same of the boxes' hulls along the camera's axes (*): what NOCS's evaluation means to measure."""
    (A, a), (B, b), shape = _pairs(cam_from_a, sizes_a, cam_from_b, sizes_b)
    return _iou_of_ranges(_corners(A, a), _corners(B, b), axis=1).reshape(shape)


def published_nocs_iou(
    cam_from_a: np.ndarray, sizes_a: np.ndarray, cam_from_b: np.ndarray, sizes_b: np.ndarray
) -> np.ndarray:
    """What NOCS's published script computes (*): no overlap of boxes, as it reduces over the wrong axis.

    Of each of the 8 corners it takes the range over x, y and z, where of each axis the range over the corners
    is meant; their 8 products stand for volumes. It depends on where the camera's origin is.
    """
    (A, a), (B, b), shape = _pairs(cam_from_a, sizes_a, cam_from_b, sizes_b)
    return _iou_of_ranges(_corners(A, a), _corners(B, b), axis=2).reshape(shape)


def _pairs(
    cam_from_a: np.ndarray, sizes_a: np.ndarray, cam_from_b: np.ndarray, sizes_b: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray], tuple[int, ...]]:
    """Transforms (P, 3, 4) and sizes (P, 3) of both, broadcast and flattened, and the shape they had."""
    transforms = [_transform(values, name) for values, name in ((cam_from_a, "a"), (cam_from_b, "b"))]
    sizes = [_sizes(values, name) for values, name in ((sizes_a, "a"), (sizes_b, "b"))]
    shape = np.broadcast_shapes(*(m.shape[:-2] for m in transforms), *(s.shape[:-1] for s in sizes))
    A, B = (np.broadcast_to(values, (*shape, 3, 4)).reshape(-1, 3, 4) for values in transforms)
    a, b = (np.broadcast_to(values, (*shape, 3)).reshape(-1, 3) for values in sizes)
    return (A, a), (B, b), shape


def _transform(values: np.ndarray, name: str) -> np.ndarray:
    matrices = np.asarray(values, dtype=np.float64)
    is_shaped = matrices.shape[-2:] in ((3, 4), (4, 4))
    if not is_shaped or not np.isfinite(matrices).all():
        found = "NaN or infinity" if is_shaped else f"shape {matrices.shape}"
        raise InputError(f"cam_from_{name}", found, "finite, (*, 3, 4) or (*, 4, 4)", "pass rigid transforms")
    return matrices[..., :3, :]


def _sizes(values: np.ndarray, name: str) -> np.ndarray:
    sizes = np.asarray(values, dtype=np.float64)
    if sizes.shape[-1:] != (3,) or not (sizes >= 0).all() or not np.isfinite(sizes).all():
        found = f"shape {sizes.shape}" if sizes.shape[-1:] != (3,) else "numbers that are no lengths"
        raise InputError(f"sizes_{name}", found, "finite lengths (*, 3)", "pass a box's three sides")
    return sizes


def _corners(cam_from_box: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(P, 8, 3) in the camera's frame."""
    corners = CORNERS * (sizes[:, None] / 2)
    return corners @ cam_from_box[:, :, :3].transpose(0, 2, 1) + cam_from_box[:, None, :, 3]


def _iou_of_ranges(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
    """Of the products of the ranges of corners (P, 8, 3) over an axis."""
    low, high = np.maximum(a.min(axis), b.min(axis)), np.minimum(a.max(axis), b.max(axis))
    shared = np.where((high < low).any(axis=1), 0.0, (high - low).prod(axis=1))
    return _over_union(shared, np.ptp(a, axis=axis).prod(axis=1), np.ptp(b, axis=axis).prod(axis=1))


def _over_union(shared: np.ndarray, volume_a: np.ndarray, volume_b: np.ndarray) -> np.ndarray:
    union = volume_a + volume_b - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
