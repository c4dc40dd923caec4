"""Errors of pictures: VSD, of the visible surface (crops of depth suffice), and CUS, of silhouettes."""

import torch
from torch import Tensor


def vsd(
    depth_est: object,
    depth_gt: object,
    depth_test: object,
    K: object,
    diameter: object,
    delta: float,
    taus: object,
) -> Tensor:
    """Visible surface discrepancy (P, T): share of the visible pixels where the surfaces disagree.

    A pixel counts as wrong where the two surfaces are `tau` diameters or more apart (along its ray), or where
    only one of them is visible. 1 where nothing is visible.

    Args:
        depth_est, depth_gt: (P, H, W) rendered z-depth, 0 = empty.
        depth_test: (P, H, W) measured z-depth, 0 = missing.
        K: (P, 3, 3) of the (cropped) images, pixel centres at integers.
        diameter: of the objects, (P,) or one for all.
        delta: how far a surface may lie behind the measured one and still count as visible.
        taus: (T,) in diameters.
    """
    depth_est, depth_gt, depth_test = (torch.as_tensor(depth) for depth in (depth_est, depth_gt, depth_test))
    rays = _ray_lengths(torch.as_tensor(K), depth_gt)
    dist_est, dist_gt, dist_test = depth_est * rays, depth_gt * rays, depth_test * rays
    visible_gt = visible_mask(dist_gt, dist_test, delta)
    # Where the true surface is visible, so is the estimated one, by the rule; the union stays what it is.
    both = visible_gt & (dist_est > 0)
    union = _count(visible_gt | visible_mask(dist_est, dist_test, delta))
    diameter = torch.as_tensor(diameter).to(dist_gt).expand(len(dist_gt))
    apart = (dist_gt - dist_est).abs_().div_(diameter[:, None, None])
    taus = torch.as_tensor(taus, dtype=torch.float64).tolist()
    wrong = torch.stack([_count(both & (apart >= tau)) for tau in taus], dim=1)
    alone = union - _count(both)
    errors = (wrong + alone[:, None]).double() / union[:, None].clamp(min=1)
    return torch.where(union[:, None] > 0, errors, 1.0)


def visible_mask(dist_model: Tensor, dist_test: Tensor, delta: float) -> Tensor:
    """(*, H, W) bool: where a rendered surface is visible, by BOP's rule of 2019.

    It may lie `delta` behind the measured one; pixels without a measurement count as visible.
    """
    return (dist_model > 0) & ((dist_model - dist_test <= delta) | (dist_test == 0))


def spheres_meet_in_image(est: Tensor, gt: Tensor, radius: Tensor | float) -> Tensor:
    """(P,) bool: whether bounding spheres about the objects' origins overlap in the image, approximately.

    BOP's shortcut, and so a part of its definition: where they do not, VSD and CUS are 1.

    est, gt: (P, 3, 4). radius: (P,) or a number.
    """
    z_est, z_gt = est[..., 2, 3], gt[..., 2, 3]
    between = est[..., :2, 3] / z_est[..., None] - gt[..., :2, 3] / z_gt[..., None]
    return (between.norm(dim=-1) < radius * (1 / z_est + 1 / z_gt)) & (z_est != 0) & (z_gt != 0)


def _count(masks: Tensor) -> Tensor:
    """(P,) True pixels of masks (P, H, W)."""
    return masks.flatten(1).sum(dim=1, dtype=torch.int32)  # four times as fast as the default, int64


def _ray_lengths(K: Tensor, images: Tensor) -> Tensor:
    """(P, H, W) length of each pixel's ray that has z = 1."""
    K = K.to(images.device, torch.float64)
    x = torch.arange(images.shape[2], device=K.device)
    y = torch.arange(images.shape[1], device=K.device)
    x_squared = ((x - K[:, :1, 2]) / K[:, :1, 0]).square()
    y_squared = ((y - K[:, 1:2, 2]) / K[:, 1:2, 1]).square()
    return (1 + x_squared[:, None, :] + y_squared[:, :, None]).to(images.dtype).sqrt()


def cus(mask_est: object, mask_gt: object) -> Tensor:
    """Complement over union (P,) of masks (P, H, W): 1 - intersection / union; 1 where both are empty."""
    mask_est, mask_gt = (torch.as_tensor(mask).bool().flatten(1) for mask in (mask_est, mask_gt))
    union = (mask_est | mask_gt).sum(dim=1)
    shared = (mask_est & mask_gt).sum(dim=1)
    return torch.where(union > 0, 1 - shared.double() / union.clamp(min=1), 1.0)
