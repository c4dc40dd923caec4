"""The PnP estimator: cam_from_obj from putative matches of pixels with points of an object."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, solve_damped
from objpose.robust.losses import tukey
from objpose.robust.p3p import p3p
from objpose.robust.ransac import uniform_samples

NEAR = 1e-6  # metres before the camera that a point must stand to project
POLISH_STEPS = 3  # of Gauss-Newton in a local optimisation
RIDGE = 1e-6  # relative damping of them


class PnPEstimator:
    """Estimator contract of objpose.robust.ransac for pixels (N, 2) and object points (N, 3), metres.

    K: (3, 3) of a pinhole. A model is the (7,) wxyz_xyz of cam_from_obj; the cost is the mean of
    min(r^2 / max_error^2, 1) of the reprojection errors r, pixels. weights: (N,) >= 0, by which matches are
    drawn and counted; None for alike.
    """

    sample_size = 3

    def __init__(
        self, pixels: Tensor, points: Tensor, K: Tensor, max_error: float, weights: Tensor | None = None
    ):
        self.pixels, self.points, self.max_error = pixels.float(), points.float(), max_error
        self.K = K.to(self.points)
        homogeneous = torch.cat([self.pixels, torch.ones_like(self.pixels[:, :1])], dim=-1)
        self.rays = homogeneous @ torch.linalg.inv(self.K).mT
        weights = torch.ones(len(points)) if weights is None else weights
        self.weights = weights.to(self.points) / weights.sum()
        self.num_data = len(points)

    def draw(self, generator: torch.Generator, count: int) -> Tensor:
        return uniform_samples(generator, count, self.sample_size, self.num_data).to(self.points.device)

    def generate(self, samples: Tensor) -> Tensor:
        return p3p(self.rays[samples], self.points[samples]).wxyz_xyz.to(self.points)

    def score(self, models: Tensor) -> tuple[Tensor, Tensor]:
        squared = self._squared_error(models)
        return squared.clamp(max=1.0) @ self.weights, (squared < 1.0).to(self.weights) @ self.weights

    def refine(self, models: Tensor) -> Tensor:
        for _ in range(POLISH_STEPS):
            models = self._polished(models)
        return models

    def inliers(self, model: Tensor) -> Tensor:
        """(N,) bool: matches that a model (7,) explains."""
        return self._squared_error(model[None])[0] < 1.0

    def _squared_error(self, models: Tensor) -> Tensor:
        """(B, N) squared reprojection errors over max_error^2; infinite behind the camera."""
        seen = SE3(models).apply_points(self.points)
        depth = seen[..., 2]
        projected = (seen @ self.K.mT)[..., :2] / depth.clamp_min(NEAR)[..., None]
        squared = (projected - self.pixels).square().sum(-1) / self.max_error**2
        return torch.where(depth > NEAR, squared, torch.inf)

    def _polished(self, models: Tensor) -> Tensor:
        """One Gauss-Newton step on each model's inliers, under Tukey's weight."""
        seen = SE3(models).apply_points(self.points)
        inverse = 1 / seen[..., 2].clamp_min(NEAR)
        plane = seen[..., :2] * inverse[..., None]
        focal = self.K[[0, 1], [0, 1]]
        residual = plane @ self.K[:2, :2].mT + self.K[:2, 2] - self.pixels
        _, weight = tukey(residual.square().sum(-1), self.max_error)
        weight = weight * self.weights * (seen[..., 2] > NEAR)
        jacobian = focal[:, None] * _pixel_jacobian(seen, plane, inverse)
        weighted = jacobian * weight[..., None, None]
        normal = torch.einsum("bnri,bnrj->bij", weighted, jacobian)
        gradient = torch.einsum("bnri,bnr->bi", weighted, residual)
        step = solve_damped(normal, gradient, RIDGE)
        moved = SE3.exp(step) @ SE3(models)
        return SE3.from_rotation_translation(moved.rotation.normalized(), moved.translation).wxyz_xyz


def _pixel_jacobian(seen: Tensor, plane: Tensor, inverse: Tensor) -> Tensor:
    """(B, N, 2, 6) change of the normalised image point with a left twist (v, w) of the pose."""
    x, y = plane.unbind(-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    along_x = torch.stack([inverse, zero, -x * inverse, -x * y, one + x * x, -y], dim=-1)
    along_y = torch.stack([zero, inverse, -y * inverse, -one - y * y, x * y, x], dim=-1)
    return torch.stack([along_x, along_y], dim=-2)
