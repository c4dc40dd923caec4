"""Errors of the projection in the image: MSPD and PROJ."""

import torch
from torch import Tensor

from bop_eval.errors.batches import as_pairs, as_points, as_symmetries, in_pieces
from bop_eval.errors.fisheye import COEFFICIENTS, fisheye624
from bop_eval.errors.symmetric import least_over_symmetries


def mspd(
    est: object,
    gt: object,
    points: object,
    K: object,
    symmetries: object = None,
    fisheye: object = None,
) -> Tensor:
    """Maximum symmetry-aware projection distance (*), pixels: as MSSD, with projected points.

    BOP compares it with thresholds for images 640 pixels wide: multiply by 640 / width.

    points: (N, 3), all vertices; here the convex hull does not suffice. K: (3, 3), or (*, 3, 3).
    symmetries: (S, 3, 4) or (S, 4, 4) obj_from_obj, the identity among them; None for the identity alone.
    fisheye: (12,), or (*, 12), coefficients of `fisheye624`; None for pinhole cameras.
    """
    est, gt, shape = as_pairs(est, gt)
    points = as_points(points).to(est.device)
    K = _per_pair(K, est, shape, (3, 3))
    lens = None if fisheye is None else _per_pair(fisheye, est, shape, (COEFFICIENTS,))

    def largest(pairs: Tensor, gt: Tensor, points: Tensor) -> Tensor:
        of_pairs = (K[pairs], None if lens is None else lens[pairs])
        seen = _project(est[pairs], points, *of_pairs) - _project(gt, points, *of_pairs)
        return seen.square_().sum(dim=1).amax(dim=1).sqrt()

    errors = least_over_symmetries(largest, gt, as_symmetries(symmetries, est), points)
    # A point in the plane of the camera has no projection: such an estimate is as wrong as can be.
    return errors.nan_to_num(nan=torch.inf).reshape(shape)


def proj(est: object, gt: object, points: object, K: object) -> Tensor:
    """Average distance (*) of the projected points, pixels (Brachmann et al., CVPR 2016)."""
    est, gt, shape = as_pairs(est, gt)
    points = as_points(points).to(est.device)
    K = _per_pair(K, est, shape, (3, 3))

    def mean_distance(part: slice) -> Tensor:
        seen = _project(est[part], points, K[part]) - _project(gt[part], points, K[part])
        return seen.norm(dim=1).mean(dim=1)

    return in_pieces(len(est), 3 * len(points), mean_distance).reshape(shape)


def _per_pair(values: object, est: Tensor, batch: torch.Size, item: tuple[int, ...]) -> Tensor:
    """Values of one camera, or of one for each pair, as one for each of the flattened pairs."""
    return torch.as_tensor(values).to(est).expand(*batch, *item).reshape(len(est), *item)


def _project(cam_from_obj: Tensor, points: Tensor, K: Tensor, lens: Tensor | None = None) -> Tensor:
    """(B, 2, N) pixels."""
    if lens is None:
        image_from_obj = K @ cam_from_obj
        image = image_from_obj[..., :3] @ points.mT + image_from_obj[..., 3:]
        return image[:, :2] / image[:, 2:]
    points_cam = cam_from_obj[..., :3] @ points.mT + cam_from_obj[..., 3:]
    return K[:, :2, :2] @ fisheye624(points_cam, lens) + K[:, :2, 2:]
