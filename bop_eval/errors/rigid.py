"""Errors of the rigid motion alone."""

import torch
from torch import Tensor

from bop_eval.errors.batches import as_transforms


def re(est: object, gt: object) -> Tensor:
    """Rotational error (*), degrees, in [0, 180].

    From sine and cosine of the angle: the arc cosine alone loses half its digits near 0 and 180 degrees.
    """
    est, gt = as_transforms(est, "estimates"), as_transforms(gt, "ground truths")
    difference = est[..., :3] @ gt[..., :3].mT
    cosine = (difference.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2
    skew = difference - difference.mT
    sine = torch.stack([skew[..., 2, 1], skew[..., 0, 2], skew[..., 1, 0]], dim=-1).norm(dim=-1) / 2
    return torch.atan2(sine, cosine).rad2deg()


def te(est: object, gt: object) -> Tensor:
    """Translational error (*), in the unit of the translations."""
    est, gt = as_transforms(est, "estimates"), as_transforms(gt, "ground truths")
    return (est[..., 3] - gt[..., 3]).norm(dim=-1)
