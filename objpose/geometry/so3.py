"""Rotations of 3D space, stored as unit quaternions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload

import torch
from jaxtyping import Float
from torch import Tensor

from objpose.geometry.arrays import ArrayLike, to_float_tensor
from objpose.geometry.devices import constant

# Below these squared sizes the series are exact to float64 rounding, and the closed forms near 0 / 0.
SMALL_ANGLE_SQUARED = 1e-4
SMALL_SINE_SQUARED = 1e-5
# Matrices and products of quaternions in few, large steps: a device is asked for each, however small. What
# the matrix of (w, x, y, z) has beside the identity, by the sixteen products ww, wx, ... zz; row by row.
_UNTURNED = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
_TURNED = (
    (0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, 0, -2, 0, 2, 0),
    (0, 0, 2, 0, 0, 0, -2, 0, 0),
    (0, -2, 0, 2, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, -2, 0, 0, 0, -2),
    (0, 2, 0, 2, 0, 0, 0, 0, 0),
    (0, 0, 2, 0, 0, 0, 2, 0, 0),
    *[(0, 0, 0, 0, 0, 0, 0, 0, 0)] * 2,
    (-2, 0, 0, 0, 0, 0, 0, 0, -2),
    (0, 0, 0, 0, 0, 2, 0, 2, 0),
    *[(0, 0, 0, 0, 0, 0, 0, 0, 0)] * 3,
    (-2, 0, 0, 0, -2, 0, 0, 0, 0),
)
# The 4 x 4 matrix by which a right factor multiplies a left one, by w, x, y, z of the right one; row by row.
_RIGHT = (
    (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1),
    (0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0),
    (0, 0, -1, 0, 0, 0, 0, -1, 1, 0, 0, 0, 0, 1, 0, 0),
    (0, 0, 0, -1, 0, 0, 1, 0, 0, -1, 0, 0, 1, 0, 0, 0),
)


@dataclass(frozen=True, eq=False)
class SO3:
    """A batch of rotations `b_from_a`: `x_b = b_from_a @ x_a`.

    wxyz: unit quaternions, scalar first. q and -q are the same rotation.
    """

    wxyz: Float[Tensor, "*batch 4"]

    @staticmethod
    def identity(
        batch_shape: tuple[int, ...] = (),
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> SO3:
        wxyz = torch.zeros((*batch_shape, 4), dtype=dtype, device=device)
        wxyz[..., 0] = 1.0
        return SO3(wxyz)

    @staticmethod
    def exp(omega: ArrayLike) -> SO3:
        """Rotation by |omega| radians about omega (*, 3); smooth at zero."""
        omega = to_float_tensor(omega)
        angle_squared = (omega * omega).sum(-1, keepdim=True)
        is_small = angle_squared < SMALL_ANGLE_SQUARED
        # Both branches must be finite, or the NaN of the unused one reaches the gradient through torch.where.
        angle = torch.where(is_small, torch.ones_like(angle_squared), angle_squared).sqrt()
        half_sinc = torch.where(
            is_small,
            0.5 - angle_squared / 48 + angle_squared * angle_squared / 3840,
            torch.sin(0.5 * angle) / angle,
        )
        half_cos = torch.where(
            is_small,
            1 - angle_squared / 8 + angle_squared * angle_squared / 384,
            torch.cos(0.5 * angle),
        )
        return SO3(torch.cat([half_cos, half_sinc * omega], dim=-1))

    @staticmethod
    def from_matrix(matrix: ArrayLike) -> SO3:
        """From rotation matrices (*, 3, 3), by the best conditioned of Shepperd's four forms."""
        m = to_float_tensor(matrix)
        (m00, m01, m02), (m10, m11, m12), (m20, m21, m22) = (row.unbind(-1) for row in m.unbind(-2))
        # The four rows of 4 q q^T: each is q times one of its own components.
        rows = torch.stack(
            [
                torch.stack([1 + m00 + m11 + m22, m21 - m12, m02 - m20, m10 - m01], dim=-1),
                torch.stack([m21 - m12, 1 + m00 - m11 - m22, m01 + m10, m02 + m20], dim=-1),
                torch.stack([m02 - m20, m01 + m10, 1 - m00 + m11 - m22, m12 + m21], dim=-1),
                torch.stack([m10 - m01, m02 + m20, m12 + m21, 1 - m00 - m11 + m22], dim=-1),
            ],
            dim=-2,
        )
        best = rows.detach().diagonal(dim1=-2, dim2=-1).argmax(dim=-1)
        index = best[..., None, None].expand(*best.shape, 1, 4)
        row = torch.gather(rows, -2, index).squeeze(-2)
        return SO3(row / row.norm(dim=-1, keepdim=True))

    @staticmethod
    def random(
        batch_shape: tuple[int, ...] = (),
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> SO3:
        """Uniformly distributed rotations; the same generator state gives the same rotations."""
        return SO3(torch.randn((*batch_shape, 4), generator=generator, dtype=dtype)).normalized()

    @property
    def batch_shape(self) -> torch.Size:
        return self.wxyz.shape[:-1]

    def __getitem__(self, index: Any) -> SO3:
        """The rotations at `index` of the batch dimensions."""
        return SO3(index_batch(self.wxyz, index))

    def __len__(self) -> int:
        return batch_length(self.wxyz)

    def __iter__(self) -> Iterator[SO3]:
        """Along the first batch dimension."""
        return (self[index] for index in range(len(self)))

    def to(self, *args: Any, **kwargs: Any) -> SO3:
        """Same as `torch.Tensor.to`: another dtype or device."""
        return SO3(self.wxyz.to(*args, **kwargs))

    def normalized(self) -> SO3:
        """Quaternions brought back to unit length, after long chains of products."""
        return SO3(self.wxyz / self.wxyz.norm(dim=-1, keepdim=True))

    def matrix(self) -> Float[Tensor, "*batch 3 3"]:
        """Rotation matrices."""
        products = (self.wxyz[..., :, None] * self.wxyz[..., None, :]).flatten(-2)
        turned = (products @ constant(_TURNED, products)).unflatten(-1, (3, 3))
        return turned + constant(_UNTURNED, products)

    def log(self) -> Float[Tensor, "*batch 3"]:
        """Rotation vectors, radians, with length in [0, pi]; q and -q give the same vector."""
        sign = torch.where(self.wxyz[..., :1] < 0, -1.0, 1.0).to(self.wxyz.dtype)
        w, xyz = sign * self.wxyz[..., :1], sign * self.wxyz[..., 1:]
        sine_squared = (xyz * xyz).sum(-1, keepdim=True)
        is_small = sine_squared < SMALL_SINE_SQUARED
        sine = torch.where(is_small, torch.ones_like(sine_squared), sine_squared).sqrt()
        safe_w = torch.where(is_small, w, torch.ones_like(w))
        tangent_squared = sine_squared / (safe_w * safe_w)
        series = 2 / safe_w * (1 - tangent_squared / 3 + tangent_squared * tangent_squared / 5)
        closed_form = 2 * torch.atan2(sine, w) / sine
        return torch.where(is_small, series, closed_form) * xyz

    def angle(self) -> Float[Tensor, "*batch"]:
        """Rotation angles in [0, pi], accurate at both ends; its gradient is undefined at zero."""
        return 2 * torch.atan2(self.wxyz[..., 1:].norm(dim=-1), self.wxyz[..., 0].abs())

    def inverse(self) -> SO3:
        w, xyz = self.wxyz[..., :1], self.wxyz[..., 1:]
        return SO3(torch.cat([w, -xyz], dim=-1))

    def adjoint(self) -> Float[Tensor, "*batch 3 3"]:
        """With `R exp(omega) = exp(adjoint omega) R`; for SO(3) the rotation matrix itself."""
        return self.matrix()

    def apply(self, points: ArrayLike) -> Float[Tensor, "*points 3"]:
        """Rotate points (*, 3); batch dimensions broadcast as in numpy."""
        points = to_float_tensor(points).to(self.wxyz)
        w, xyz = self.wxyz[..., :1], self.wxyz[..., 1:]
        xyz, points = torch.broadcast_tensors(xyz, points)
        twice_cross = 2 * torch.linalg.cross(xyz, points)
        return points + w * twice_cross + torch.linalg.cross(xyz, twice_cross)

    def compose(self, other: SO3) -> SO3:
        """`c_from_b.compose(b_from_a)` is `c_from_a`; batches broadcast."""
        right = (other.wxyz @ constant(_RIGHT, other.wxyz)).unflatten(-1, (4, 4))
        w, x, y, z = (right * self.wxyz[..., None, :]).unbind(-1)
        return SO3(w + x + y + z)

    @overload
    def __matmul__(self, other: SO3) -> SO3: ...
    @overload
    def __matmul__(self, other: ArrayLike) -> Tensor: ...
    def __matmul__(self, other: SO3 | ArrayLike) -> SO3 | Tensor:
        return self.compose(other) if isinstance(other, SO3) else self.apply(other)


def index_batch(components: Tensor, index: Any) -> Tensor:
    """Index all dimensions of `components` but the last, so that an ellipsis cannot reach the components."""
    index = index if isinstance(index, tuple) else (index,)
    has_ellipsis = any(part is Ellipsis for part in index)
    return components[index + ((slice(None),) if has_ellipsis else (Ellipsis, slice(None)))]


def batch_length(components: Tensor) -> int:
    """Length of the first batch dimension; TypeError for a single transform, as for numpy scalars."""
    if components.ndim < 2:
        raise TypeError("a single transform has no length")
    return components.shape[0]
