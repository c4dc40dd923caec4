"""Errors of the projection in the image: MSPD and PROJ."""

import torch
from torch import Tensor

from bop_eval.errors.batches import as_pairs, as_points, as_symmetries, in_pieces
from bop_eval.errors.symmetric import least_over_symmetries


def mspd(est: object, gt: object, points: object, K: object, symmetries: object = None) -> Tensor:
    """Maximum symmetry-aware projection distance (*), pixels: as MSSD, with projected points.

    BOP compares it with thresholds for images 640 pixels wide: multiply by 640 / width.

    points: (N, 3), all vertices; here the convex hull does not suffice. K: (3, 3), or (*, 3, 3).
    symmetries: (S, 3, 4) or (S, 4, 4) obj_from_obj, the identity among them; None for the identity alone.
    """
    est, gt, shape = as_pairs(est, gt)
    points = as_points(points).to(est.device)
    K = _per_pair(K, est, shape)

    def largest(pairs: Tensor, gt: Tensor, points: Tensor) -> Tensor:
        seen = _project(est[pairs], K[pairs], points) - _project(gt, K[pairs], points)
        return seen.square_().sum(dim=1).amax(dim=1).sqrt()

    errors = least_over_symmetries(largest, gt, as_symmetries(symmetries, est), points)
    # A point in the plane of the camera has no projection: such an estimate is as wrong as can be.
    return errors.nan_to_num(nan=torch.inf).reshape(shape)


def proj(est: object, gt: object, points: object, K: object) -> Tensor:
    """Average distance (*) of the projected points, pixels (Brachmann et al., CVPR 2016)."""
    est, gt, shape = as_pairs(est, gt)
    points = as_points(points).to(est.device)
    K = _per_pair(K, est, shape)

    def mean_distance(part: slice) -> Tensor:
        seen = _project(est[part], K[part], points) - _project(gt[part], K[part], points)
        return seen.norm(dim=1).mean(dim=1)

    return in_pieces(len(est), 3 * len(points), mean_distance).reshape(shape)


def _per_pair(K: object, est: Tensor, shape: torch.Size) -> Tensor:
    K = torch.as_tensor(K).to(est)
    return K.expand(*shape, 3, 3).reshape(-1, 3, 3)


def _project(cam_from_obj: Tensor, K: Tensor, points: Tensor) -> Tensor:
    """(B, 2, N) pixels."""
    image_from_obj = K @ cam_from_obj
    image = image_from_obj[..., :3] @ points.mT + image_from_obj[..., 3:]
    return image[:, :2] / image[:, 2:]
