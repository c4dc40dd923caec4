"""Best rigid transform between matched point sets, for many sets at once."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry.arrays import ArrayLike, to_float_tensor
from objpose.geometry.se3 import SE3
from objpose.geometry.so3 import SO3

MAX_NEWTON_STEPS = 50
# An adjugate whose longest column is shorter means a nearly double top eigenvalue, of which Newton's root has
# lost too many digits; those few sets go to a full eigen-decomposition.
MIN_ADJUGATE = 1e-4


@torch.no_grad()
def kabsch(source: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> SE3:
    """target_from_source of least weighted squared distance.

    source, target: (*, N, 3) matched points; weights: (*, N), not negative, or None. Always a proper
    rotation, also for flat or mirrored sets; for collinear or coincident points one of the many best. Method
    of Horn (1987), with the fast eigen-solution of Theobald (2005). Carries no gradients.
    """
    source = to_float_tensor(source)
    dtype = source.dtype
    # float64 inside: the eigenvalue comes from a quartic whose coefficients are fourth powers of lengths.
    source = source.to(torch.float64)
    target = to_float_tensor(target).to(source)
    if weights is None:
        weights = torch.ones(source.shape[-2], dtype=source.dtype, device=source.device)
    weights = to_float_tensor(weights).to(source)[..., None]
    weights = weights / weights.sum(-2, keepdim=True).clamp(min=torch.finfo(torch.float64).tiny)
    source_mean = (weights * source).sum(-2)
    target_mean = (weights * target).sum(-2)
    covariance = (source - source_mean[..., None, :]).mT @ ((target - target_mean[..., None, :]) * weights)
    rotation = _best_rotation(covariance)
    translation = target_mean - rotation.apply(source_mean)
    return SE3.from_rotation_translation(rotation, translation).to(dtype)


def _best_rotation(covariance: Tensor) -> SO3:
    """Rotations of largest trace(R covariance); covariance (*, 3, 3) is sum source target^T."""
    batch_shape = covariance.shape[:-2]
    covariance = covariance.reshape(-1, 3, 3)
    size = covariance.square().sum((-1, -2)).sqrt()
    unit = covariance / size.clamp(min=torch.finfo(torch.float64).tiny)[:, None, None]
    horn = _horn_matrix(unit)
    eigenvalue = _largest_eigenvalue(unit, horn)
    quaternion, is_safe = _eigenvector(horn, eigenvalue)
    if not bool(is_safe.all()):
        quaternion[~is_safe] = torch.linalg.eigh(horn[~is_safe]).eigenvectors[..., -1]
        # Coincident points leave every rotation as good: choose none.
        quaternion[size == 0] = SO3.identity(dtype=horn.dtype, device=horn.device).wxyz
    return SO3(quaternion.reshape(*batch_shape, 4))


def _horn_matrix(m: Tensor) -> Tensor:
    """Horn's symmetric (B, 4, 4) matrix, whose top eigenvector is the best quaternion."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = (row.unbind(-1) for row in m.unbind(-2))
    rows = [
        torch.stack([xx + yy + zz, yz - zy, zx - xz, xy - yx], dim=-1),
        torch.stack([yz - zy, xx - yy - zz, xy + yx, zx + xz], dim=-1),
        torch.stack([zx - xz, xy + yx, yy - xx - zz, yz + zy], dim=-1),
        torch.stack([xy - yx, zx + xz, yz + zy, zz - xx - yy], dim=-1),
    ]
    return torch.stack(rows, dim=-2)


def _largest_eigenvalue(m: Tensor, horn: Tensor) -> Tensor:
    """Largest root of the characteristic quartic x^4 + c2 x^2 + c1 x + c0 of Horn's matrix (Theobald 2005).

    Newton from above: the start bounds the root (the sum of three singular values of a unit matrix is at most
    sqrt 3), and beyond its largest root a quartic with real roots is convex, so no step overshoots.
    """
    c2 = -2 * m.square().sum((-1, -2))
    c1 = -8 * torch.linalg.det(m)
    c0 = torch.linalg.det(horn)
    x = torch.full_like(c2, 3.0**0.5)
    for _ in range(MAX_NEWTON_STEPS):
        x2 = x * x
        value = (x2 + c2) * x2 + c1 * x + c0
        slope = (4 * x2 + 2 * c2) * x + c1
        # Steps up, or from a flat spot, are rounding noise at a nearly double root.
        step = torch.where(slope > 0, value / slope, 0.0).clamp(min=0.0)
        x = x - step
        if step.numel() == 0 or step.max() < 1e-14:
            break
    return x


def _eigenvector(horn: Tensor, eigenvalue: Tensor) -> tuple[Tensor, Tensor]:
    """Unit eigenvectors (B, 4), the longest columns of adj(horn - eigenvalue I), and which are accurate."""
    shifted = horn - eigenvalue[:, None, None] * torch.eye(4, dtype=horn.dtype, device=horn.device)
    columns = _symmetric_adjugate(shifted)
    lengths = columns.norm(dim=-2)
    largest, best = lengths.max(dim=-1)
    quaternion = torch.gather(columns, -1, best[:, None, None].expand(-1, 4, 1)).squeeze(-1)
    is_safe = largest > MIN_ADJUGATE
    return quaternion / torch.where(is_safe, largest, torch.ones_like(largest))[:, None], is_safe


def _symmetric_adjugate(m: Tensor) -> Tensor:
    """Adjugates of symmetric (B, 4, 4) matrices, from the 2x2 minors of their lower and upper halves."""
    (a, b, c, d), (_, e, f, g), (_, _, h, i), (_, _, _, j) = (row.unbind(-1) for row in m.unbind(-2))
    low01, low02, low03 = c * g - f * d, c * i - h * d, c * j - i * d
    low12, low13, low23 = f * i - h * g, f * j - i * g, h * j - i * i
    up01, up02, up12 = a * e - b * b, a * f - c * b, b * f - c * e
    up03, up13 = a * g - d * b, b * g - d * e
    c00 = e * low23 - f * low13 + g * low12
    c01 = f * low03 - b * low23 - g * low02
    c02 = b * low13 - e * low03 + g * low01
    c03 = e * low02 - b * low12 - f * low01
    c11 = a * low23 - c * low03 + d * low02
    c12 = b * low03 - a * low13 - d * low01
    c13 = a * low12 - b * low02 + c * low01
    c22 = d * up13 - g * up03 + j * up01
    c23 = g * up02 - d * up12 - i * up01
    c33 = c * up12 - f * up02 + h * up01
    entries = [c00, c01, c02, c03, c01, c11, c12, c13, c02, c12, c22, c23, c03, c13, c23, c33]
    return torch.stack(entries, dim=-1).unflatten(-1, (4, 4))
