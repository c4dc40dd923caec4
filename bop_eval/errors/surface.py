"""Errors of the surface in space: MSSD, ADD, ADI and AD."""

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bop_eval.errors.batches import as_pairs, as_points, as_symmetries, compose, in_pieces
from bop_eval.errors.symmetric import least_over_symmetries


def mssd(est: object, gt: object, points: object, symmetries: object = None) -> Tensor:
    """Maximum symmetry-aware surface distance (*): the farthest a point is off, under the kindest symmetry.

    points: (N, 3) vertices; those on the convex hull suffice, as the distance is convex in the point.
    symmetries: (S, 3, 4) or (S, 4, 4) obj_from_obj, the identity among them; None for the identity alone.
    """
    est, gt, shape = as_pairs(est, gt)
    points = as_points(points).to(est.device)
    centre = points.mean(dim=0)

    def largest(pairs: Tensor, gt: Tensor, points: Tensor) -> Tensor:
        squares = _squared_distance_form(est[pairs] - gt, centre) @ _monomials(points - centre)
        return squares.amax(dim=1).clamp(min=0).sqrt()

    errors = least_over_symmetries(largest, gt, as_symmetries(symmetries, est), points)
    return errors.reshape(shape)


def add(est: object, gt: object, points: object) -> Tensor:
    """Average distance (*) of the points (N, 3) (Hinterstoisser et al., ACCV 2012)."""
    est, gt, shape = as_pairs(est, gt)
    points = as_points(points).to(est.device)

    def mean_distance(part: slice) -> Tensor:
        difference = est[part] - gt[part]
        return (difference[..., :3] @ points.mT + difference[..., 3:]).norm(dim=1).mean(dim=1)

    return in_pieces(len(est), 3 * len(points), mean_distance).reshape(shape)


def adi(est: object, gt: object, points: object) -> Tensor:
    """Average distance (*) from the points in the true pose to the nearest of them in the estimated pose.

    Nearest neighbours are looked up in the object's frame, where one search tree serves all pairs.
    """
    est, gt, shape = as_pairs(est, gt)
    points = as_points(points).cpu()
    tree = cKDTree(points.numpy())
    turn = est[:, :, :3].mT
    obj_from_obj = compose(torch.cat([turn, -turn @ est[:, :, 3:]], dim=-1), gt).cpu()
    moved = (obj_from_obj[..., :3] @ points.mT + obj_from_obj[..., 3:]).mT
    errors = [tree.query(cloud.numpy())[0].mean() for cloud in moved]
    return torch.tensor(errors, dtype=torch.float64, device=est.device).reshape(shape)


def ad(est: object, gt: object, points: object, is_symmetric: bool) -> Tensor:
    """ADI for objects with indistinguishable views, else ADD (*)."""
    return adi(est, gt, points) if is_symmetric else add(est, gt, points)


def _monomials(y: Tensor) -> Tensor:
    """(10, N): what a quadratic form of points (N, 3) multiplies."""
    a, b, c = y.unbind(dim=1)
    return torch.stack([a * a, b * b, c * c, a * b, a * c, b * c, a, b, c, torch.ones_like(a)])


def _squared_distance_form(difference: Tensor, centre: Tensor) -> Tensor:
    """(B, 10) coefficients of |A x + t|^2 for differences (B, 3, 4) of two transforms, about the centre.

    One matrix product then gives all distances. About the mean of the points the largest square is at least
    each of its terms, so nothing cancels.
    """
    A, t = difference[..., :3], difference[..., 3] + difference[..., :3] @ centre
    gram, mixed = A.mT @ A, 2 * (A.mT @ t[..., None])[..., 0]
    squares = gram.diagonal(dim1=-2, dim2=-1)
    products = 2 * torch.stack([gram[:, 0, 1], gram[:, 0, 2], gram[:, 1, 2]], dim=-1)
    return torch.cat([squares, products, mixed, (t * t).sum(-1, keepdim=True)], dim=-1)
