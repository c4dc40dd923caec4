"""Batches of transforms, and work in pieces that fit the memory."""

from collections.abc import Callable

import torch
from torch import Tensor

from objpose.errors import InputError

# Numbers of one intermediate array. Larger pieces are not faster, and leave the processor's cache.
PIECE = 1 << 18


def as_transforms(cam_from_obj: object, name: str) -> Tensor:
    """(*, 3, 4) float64.

    Raises:
        InputError: another shape.
    """
    transforms = torch.as_tensor(cam_from_obj).double()
    if transforms.ndim < 2 or tuple(transforms.shape[-2:]) not in ((3, 4), (4, 4)):
        raise InputError(
            name, f"shape {tuple(transforms.shape)}", "(*, 3, 4) or (*, 4, 4)", "pass cam_from_obj matrices"
        )
    return transforms[..., :3, :]


def as_points(points: object) -> Tensor:
    """(N, 3) float64.

    Raises:
        InputError: another shape, or no point.
    """
    points = torch.as_tensor(points).double()
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise InputError("points", f"shape {tuple(points.shape)}", "(N, 3)", "pass the model's vertices")
    return points


def as_symmetries(symmetries: object, like: Tensor) -> Tensor:
    """(S, 3, 4) obj_from_obj; the identity alone for None."""
    if symmetries is None:
        return torch.eye(4)[None, :3].to(like)
    return as_transforms(symmetries, "symmetries").to(like)


def as_pairs(est: object, gt: object) -> tuple[Tensor, Tensor, torch.Size]:
    """Estimates and truths (P, 3, 4), broadcast against each other and flattened, and the shape they had."""
    estimates, truths = as_transforms(est, "estimates"), as_transforms(gt, "ground truths")
    estimates, truths = torch.broadcast_tensors(estimates, truths.to(estimates.device))
    return estimates.reshape(-1, 3, 4), truths.reshape(-1, 3, 4), estimates.shape[:-2]


def compose(b_from_a: Tensor, a_from_c: Tensor) -> Tensor:
    """(*, 3, 4) b_from_c."""
    product = b_from_a[..., :3] @ a_from_c
    return torch.cat([product[..., :3], product[..., 3:] + b_from_a[..., 3:]], dim=-1)


def in_pieces(count: int, numbers_each: int, work: Callable[[slice], Tensor]) -> Tensor:
    """`work` on slices of `count` items that each need an array of `numbers_each`; the results joined."""
    step = max(1, PIECE // max(1, numbers_each))
    parts = [work(slice(start, start + step)) for start in range(0, max(1, count), step)]
    return parts[0] if len(parts) == 1 else torch.cat(parts)
