"""The error of the silhouette: CUS."""

import torch
from torch import Tensor


def cus(mask_est: object, mask_gt: object) -> Tensor:
    """Complement over union (P,) of masks (P, H, W): 1 - intersection / union; 1 where both are empty."""
    mask_est, mask_gt = (torch.as_tensor(mask).bool().flatten(1) for mask in (mask_est, mask_gt))
    union = (mask_est | mask_gt).sum(dim=1)
    shared = (mask_est & mask_gt).sum(dim=1)
    return torch.where(union > 0, 1 - shared.double() / union.clamp(min=1), 1.0)
