"""The one contract of least squares: every residual of the package hands these to every solver."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry.se3 import SE3


class NormalEquations(NamedTuple):
    """Of B problems in D unknowns, with residuals r, their Jacobian J and weights W.

    The cost is 1/2 r^T W r, or 1/2 rho(r^2) summed for a robust loss rho, of which the weights are the
    derivative by r^2; so the gradient is that of the cost, and the Gauss-Newton step solves
    `normal @ step = -gradient`.
    """

    normal: Tensor  # (B, D, D) J^T W J
    gradient: Tensor  # (B, D) J^T W r
    cost: Tensor  # (B,)

    def plus(self, other: NormalEquations, weight: float = 1.0) -> NormalEquations:
        """Of both kinds of residuals together, with all weights of the other times `weight`."""
        return NormalEquations(*torch._foreach_add(list(self), list(other), alpha=weight))

    def times(self, weight: float) -> NormalEquations:
        """With all weights times `weight`."""
        return self if weight == 1 else NormalEquations(*torch._foreach_mul(list(self), weight))

    def to(self, like: Tensor) -> NormalEquations:
        """In the type of another tensor."""
        return NormalEquations(*(part.to(like) for part in self))

    def replaced(self, where: Tensor, other: NormalEquations) -> NormalEquations:
        """Those of `other` for the problems in `where` (B,) bool."""
        return NormalEquations(*(chosen(where, new, old) for new, old in zip(other, self, strict=True)))

    def about(self, centre: Tensor) -> NormalEquations:
        """For twists that turn about points (B, 3) or (3,), camera frame, in place of the camera's centre.

        The camera moves to `shift exp(twist) shift^-1 cam_from_world`, where shift moves 0 to the point.
        About an object's centre, turning and moving it are all but independent.
        """
        centre = centre.to(self.gradient)
        unturned = torch.eye(3, dtype=centre.dtype, device=centre.device)
        shift = SE3.from_rotation_translation(unturned, centre).adjoint()
        normal = shift.mT @ self.normal @ shift
        return NormalEquations(normal, (shift.mT @ self.gradient[..., None])[..., 0], self.cost)


def chosen(where: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """(B, ...) the rows of `new` for `where` (B,) bool, else those of `old`."""
    return torch.where(where.view(-1, *([1] * (new.ndim - 1))), new, old)


def solve_damped(normal: Tensor, gradient: Tensor, damping: Tensor | float) -> Tensor:
    """(B, D) step -(H + damping diag(H))^-1 g; a floor on the diagonal keeps unobserved directions still.

    Solved in float64 after Jacobi scaling: metres and radians differ by orders of magnitude in one system.
    """
    dtype = gradient.dtype
    normal, gradient = normal.double(), gradient.double()
    diagonal = normal.diagonal(dim1=-2, dim2=-1)
    scale = diagonal.clamp_min(1e-12 * diagonal.amax(-1, keepdim=True) + 1e-30).rsqrt()
    scaled = normal * scale[..., :, None] * scale[..., None, :]
    damping = torch.as_tensor(damping, dtype=torch.float64, device=normal.device)
    ridge = (damping[..., None] if damping.ndim else damping) + 1e-9
    scaled = scaled + torch.diag_embed(ridge.expand(scaled.shape[:-1]))
    step, _ = torch.linalg.solve_ex(scaled, (-gradient * scale)[..., None])
    return (step[..., 0].nan_to_num(0.0) * scale).to(dtype)
