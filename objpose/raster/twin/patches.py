"""Plain-torch twins of keyframe patches."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from objpose.geometry import SE3, NormalEquations, twist_row
from objpose.geometry.tangent import NEAREST
from objpose.raster.constants import AGREEING, MOST_GAIN
from objpose.raster.points.bundles import GreyPart, PatchPoints

LUMA = torch.tensor([0.299, 0.587, 0.114])  # ITU-R BT.601


def grey_pyramid(rgb: Tensor, part: GreyPart) -> None:
    rows, columns = slice(part.top, part.top + part.height), slice(part.left, part.left + part.width)
    level = (rgb[rows, columns].float() * LUMA).sum(-1)
    part.level(0).copy_(level)
    for index in range(1, part.levels):
        level = avg_pool2d(level[None], 2)[0]
        part.level(index).copy_(level)


def patch_equations(
    part: GreyPart,
    level: int,
    K: Tensor,
    patches: PatchPoints,
    cam_from_obj: Tensor,
    centre: Tensor,
    sigma: float,
    out: NormalEquations,
    counts: Tensor,
    rms: Tensor,
) -> None:
    poses = SE3(cam_from_obj.double()).normalized()
    points = posed_patches(patches, poses)
    seen = is_seen(part, level, K, patches, poses, points)
    value, slope = _sampled(part, level, K, points)
    residual, gain = _residuals(value, patches)
    difference = residual.square().mean(-1)
    rms.copy_(torch.where(seen, difference.sqrt(), torch.inf))
    arm = points - poses.apply(centre.double())[:, None, None]
    rows = twist_row(slope, arm.movedim(-1, 0)).movedim(0, 2)  # (B, P, 6, S)
    rows = _taken_out(rows, _unit(patches)[:, None])
    used, relative = seen & (gain > 0), difference / sigma**2
    share = used / (sigma**2 * residual.shape[-1] * (1 + relative))
    out.normal.copy_(torch.einsum("bpis,bp,bpjs->bij", rows, share, rows))
    out.gradient.copy_(torch.einsum("bpis,bp,bps->bi", rows, share, residual))
    out.cost.copy_((0.5 * relative.log1p() * used).sum(1))
    agrees = used & (relative < AGREEING**2) & (gain < MOST_GAIN) & (gain * MOST_GAIN > 1)
    counts.copy_(torch.stack([agrees.sum(1), seen.sum(1)], 1))


def patch_costs(
    part: GreyPart, level: int, K: Tensor, patches: PatchPoints, points: Tensor, used: Tensor, sigma: float
) -> Tensor:
    """(B,) cost of patches at points (B, P, S, 3), camera frame; `patch_equations` gives its derivative."""
    residual, _ = _residuals(_sampled(part, level, K, points)[0], patches)
    return (0.5 * (residual.square().mean(-1) / sigma**2).log1p() * used).sum(1)


def posed_patches(patches: PatchPoints, poses: SE3) -> Tensor:
    """(B, P, S, 3) samples in the camera's frame, float64."""
    points = patches.points.double().mT
    return poses.apply_points(points.reshape(-1, 3)).unflatten(1, points.shape[:2])


def is_seen(
    part: GreyPart, level: int, K: Tensor, patches: PatchPoints, poses: SE3, points: Tensor
) -> Tensor:
    """(B, P) bool."""
    height, width = part.level(level).shape
    column, row = _pixels(part, level, K, points)
    inside = (column >= 0) & (row >= 0) & (column < width - 1) & (row < height - 1)
    normals = (poses.rotation.matrix() @ patches.normals.double().T).mT
    is_facing = (normals * points[:, :, 0]).sum(-1) < 0
    return patches.usable & is_facing & (inside & (points[..., 2] > NEAREST)).all(-1)


def _pixels(part: GreyPart, level: int, K: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    K, depth = K.double(), points[..., 2].clamp_min(NEAREST)
    column = K[0, 0] * points[..., 0] / depth + K[0, 2] - part.left
    row = K[1, 1] * points[..., 1] / depth + K[1, 2] - part.top
    return (column + 0.5) / 2**level - 0.5, (row + 0.5) / 2**level - 0.5


def _sampled(part: GreyPart, level: int, K: Tensor, points: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Grey values (B, P, S) between pixel centres, and their derivatives by the points' x, y and z."""
    grey = part.level(level).double()
    height, width = grey.shape
    column, row = _pixels(part, level, K, points)
    left, top = column.detach().floor().clamp(0, width - 2), row.detach().floor().clamp(0, height - 2)
    a, b, x, y = column - left, row - top, left.long(), top.long()
    corner = [[grey[y + j, x + i] for i in (0, 1)] for j in (0, 1)]
    (one, two), (three, four) = corner
    value = (1 - b) * ((1 - a) * one + a * two) + b * ((1 - a) * three + a * four)
    along_column = (1 - b) * (two - one) + b * (four - three)
    along_row = (1 - a) * (three - one) + a * (four - two)
    inverse = 1 / points[..., 2].clamp_min(NEAREST)
    in_x = along_column * K[0, 0].double() / 2**level * inverse
    in_y = along_row * K[1, 1].double() / 2**level * inverse
    return value, [in_x, in_y, -(in_x * points[..., 0] + in_y * points[..., 1]) * inverse]


def _residuals(value: Tensor, patches: PatchPoints) -> tuple[Tensor, Tensor]:
    """(B, P, S) grey values without mean and without what they were; (B, P) gain."""
    gain = (value * _unit(patches)).sum(-1) / patches.values.double().norm(dim=-1)
    return _taken_out(value, _unit(patches)), gain


def _unit(patches: PatchPoints) -> Tensor:
    return patches.values.double() / patches.values.double().norm(dim=-1, keepdim=True)


def _taken_out(samples: Tensor, unit: Tensor) -> Tensor:
    """Samples (..., S) without their mean and their part along unit vectors, which have no mean."""
    along = (samples * unit).sum(-1, keepdim=True)
    return samples - samples.mean(-1, keepdim=True) - along * unit
