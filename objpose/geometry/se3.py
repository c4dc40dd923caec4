"""Rigid transforms of 3D space, stored as a unit quaternion and a translation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from objpose.geometry.arrays import ArrayLike, to_float_tensor
from objpose.geometry.so3 import SO3, batch_length, index_batch

# Below this squared angle the five-term series are exact to float64 rounding.
SERIES_ANGLE_SQUARED = 0.04


@dataclass(frozen=True, eq=False)
class SE3:
    """A batch of rigid transforms `b_from_a`: `x_b = b_from_a @ x_a`.

    wxyz_xyz: a unit quaternion (scalar first) and a translation in metres.
    Twists are (vx, vy, vz, wx, wy, wz): translation first, radians last.
    """

    wxyz_xyz: Float[Tensor, "*batch 7"]

    @staticmethod
    def identity(
        batch_shape: tuple[int, ...] = (),
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> SE3:
        wxyz_xyz = torch.zeros((*batch_shape, 7), dtype=dtype, device=device)
        wxyz_xyz[..., 0] = 1.0
        return SE3(wxyz_xyz)

    @staticmethod
    def exp(twist: ArrayLike) -> SE3:
        """Transform of a unit time along the constant twist (*, 6); smooth at zero."""
        twist = to_float_tensor(twist)
        v, omega = twist[..., :3], twist[..., 3:]
        first, second = _left_jacobian_coefficients(omega)
        cross = torch.linalg.cross(omega, v)
        translation = v + first * cross + second * torch.linalg.cross(omega, cross)
        return SE3.from_rotation_translation(SO3.exp(omega), translation)

    @staticmethod
    def from_matrix(matrix: ArrayLike) -> SE3:
        """From (*, 4, 4) or (*, 3, 4) matrices; a last row is taken to be (0, 0, 0, 1)."""
        matrix = to_float_tensor(matrix)
        return SE3.from_rotation_translation(matrix[..., :3, :3], matrix[..., :3, 3])

    @staticmethod
    def from_rotation_translation(rotation: SO3 | ArrayLike, translation: ArrayLike) -> SE3:
        """From rotations (SO3 or (*, 3, 3)) and translations (*, 3); batches broadcast."""
        rotation = rotation if isinstance(rotation, SO3) else SO3.from_matrix(rotation)
        translation = to_float_tensor(translation).to(rotation.wxyz)
        # numpy's: torch's own loads sympy at its first call, for a second.
        batch_shape = np.broadcast_shapes(rotation.batch_shape, translation.shape[:-1])
        parts = [rotation.wxyz.expand(*batch_shape, 4), translation.expand(*batch_shape, 3)]
        return SE3(torch.cat(parts, dim=-1))

    @staticmethod
    def stack(transforms: Sequence[SE3], dim: int = 0) -> SE3:
        """Join transforms of one batch shape along a new batch dimension."""
        return SE3(torch.stack([transform.wxyz_xyz for transform in transforms], dim=dim))

    @staticmethod
    def cat(transforms: Sequence[SE3], dim: int = 0) -> SE3:
        """Join batches along the existing batch dimension `dim` (counted from the front)."""
        return SE3(torch.cat([transform.wxyz_xyz for transform in transforms], dim=dim))

    @property
    def rotation(self) -> SO3:
        return SO3(self.wxyz_xyz[..., :4])

    @property
    def translation(self) -> Float[Tensor, "*batch 3"]:
        """Metres."""
        return self.wxyz_xyz[..., 4:]

    @property
    def batch_shape(self) -> torch.Size:
        return self.wxyz_xyz.shape[:-1]

    def __getitem__(self, index: Any) -> SE3:
        """The transforms at `index` of the batch dimensions."""
        return SE3(index_batch(self.wxyz_xyz, index))

    def __len__(self) -> int:
        return batch_length(self.wxyz_xyz)

    def __iter__(self) -> Iterator[SE3]:
        """Along the first batch dimension."""
        return (self[index] for index in range(len(self)))

    def to(self, *args: Any, **kwargs: Any) -> SE3:
        """Same as `torch.Tensor.to`: another dtype or device."""
        return SE3(self.wxyz_xyz.to(*args, **kwargs))

    def normalized(self) -> SE3:
        """Quaternions brought back to unit length, after long chains of products."""
        return SE3.from_rotation_translation(self.rotation.normalized(), self.translation)

    def matrix(self) -> Float[Tensor, "*batch 4 4"]:
        """Homogeneous matrices."""
        top = torch.cat([self.rotation.matrix(), self.translation[..., None]], dim=-1)
        bottom = top.new_zeros(*self.batch_shape, 1, 4)
        bottom[..., 3] = 1.0
        return torch.cat([top, bottom], dim=-2)

    def log(self) -> Float[Tensor, "*batch 6"]:
        """Twists whose `exp` is this transform, with a rotation angle in [0, pi]."""
        omega = self.rotation.log()
        t = self.translation
        cross = torch.linalg.cross(omega, t)
        second = _inverse_left_jacobian_coefficient(omega)
        v = t - 0.5 * cross + second * torch.linalg.cross(omega, cross)
        return torch.cat([v, omega], dim=-1)

    def inverse(self) -> SE3:
        rotation = self.rotation.inverse()
        return SE3.from_rotation_translation(rotation, -rotation.apply(self.translation))

    def adjoint(self) -> Float[Tensor, "*batch 6 6"]:
        """With `X exp(twist) = exp(adjoint twist) X`."""
        rotation = self.rotation.matrix()
        moved = torch.linalg.cross(self.translation[..., None].expand_as(rotation), rotation, dim=-2)
        top = torch.cat([rotation, moved], dim=-1)
        bottom = torch.cat([torch.zeros_like(rotation), rotation], dim=-1)
        return torch.cat([top, bottom], dim=-2)

    def apply(self, points: ArrayLike) -> Float[Tensor, "*points 3"]:
        """Move points (*, 3); batch dimensions broadcast as in numpy."""
        return self.rotation.apply(points) + self.translation

    def apply_points(self, points: ArrayLike) -> Float[Tensor, "*batch N 3"]:
        """Move a cloud (N, 3), or one cloud per transform (*, N, 3), to (*, N, 3)."""
        points = to_float_tensor(points).to(self.wxyz_xyz)
        return points @ self.rotation.matrix().mT + self.translation[..., None, :]

    def compose(self, other: SE3) -> SE3:
        """`c_from_b.compose(b_from_a)` is `c_from_a`; batches broadcast."""
        return SE3.from_rotation_translation(self.rotation @ other.rotation, self.apply(other.translation))

    @overload
    def __matmul__(self, other: SE3) -> SE3: ...
    @overload
    def __matmul__(self, other: ArrayLike) -> Tensor: ...
    def __matmul__(self, other: SE3 | ArrayLike) -> SE3 | Tensor:
        return self.compose(other) if isinstance(other, SE3) else self.apply(other)


def _safe_angle(omega: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(squared angle, is it small, angle or 1 where small), each (*, 1)."""
    angle_squared = (omega * omega).sum(-1, keepdim=True)
    is_small = angle_squared < SERIES_ANGLE_SQUARED
    angle = torch.where(is_small, torch.ones_like(angle_squared), angle_squared).sqrt()
    return angle_squared, is_small, angle


def _series(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    """Polynomial in x, lowest order first."""
    total = torch.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def _left_jacobian_coefficients(omega: Tensor) -> tuple[Tensor, Tensor]:
    """(1 - cos a) / a^2 and (a - sin a) / a^3 at a = |omega|, each (*, 1)."""
    angle_squared, is_small, angle = _safe_angle(omega)
    # 2 sin^2(a/2) in place of 1 - cos a, which cancels in float32.
    half_sine = torch.sin(0.5 * angle)
    first = torch.where(
        is_small,
        _series(angle_squared, (1 / 2, -1 / 24, 1 / 720, -1 / 40320, 1 / 3628800)),
        2 * half_sine * half_sine / (angle * angle),
    )
    second = torch.where(
        is_small,
        _series(angle_squared, (1 / 6, -1 / 120, 1 / 5040, -1 / 362880, 1 / 39916800)),
        (angle - torch.sin(angle)) / (angle * angle * angle),
    )
    return first, second


def _inverse_left_jacobian_coefficient(omega: Tensor) -> Tensor:
    """(1 - a/2 cot(a/2)) / a^2 at a = |omega|, (*, 1)."""
    angle_squared, is_small, angle = _safe_angle(omega)
    half = 0.5 * angle
    return torch.where(
        is_small,
        _series(angle_squared, (1 / 12, 1 / 720, 1 / 30240, 1 / 1209600, 1 / 47900160)),
        (1 - half * torch.cos(half) / torch.sin(half)) / (angle * angle),
    )
