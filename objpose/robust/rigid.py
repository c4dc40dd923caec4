"""Rigid motions of matched points: what they keep, and their estimator."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, kabsch
from objpose.robust.ransac import uniform_samples

POLISH_STEPS = 3  # of least squares on the inliers in a local optimisation
COLLINEAR = 1e-2  # of its longest edge: a triangle lower than that fixes no rotation


def edge_ratios_agree(source: Tensor, target: Tensor, least_ratio: float) -> Tensor:
    """(B,) whether the triangles (B, 3, 3) have equal edges, up to the ratio of shorter to longer.

    A cheap test before any solving: lengths do not change under a rigid motion.
    """
    edges_source = (source - source.roll(1, dims=1)).norm(dim=-1)
    edges_target = (target - target.roll(1, dims=1)).norm(dim=-1)
    shorter, longer = torch.minimum(edges_source, edges_target), torch.maximum(edges_source, edges_target)
    return (shorter >= least_ratio * longer.clamp_min(1e-12)).all(-1)


class RigidEstimator:
    """Estimator contract of objpose.robust.ransac for matched points (N, 3), metres.

    A model is the (7,) wxyz_xyz of target_from_source; the cost is the mean of min(r^2 / max_error^2, 1) of
    the distances r, metres. weights: (N,) >= 0, by which matches are counted; None for alike.
    """

    sample_size = 3

    def __init__(self, source: Tensor, target: Tensor, max_error: float, weights: Tensor | None = None):
        self.source, self.target, self.max_error = source.float(), target.float(), max_error
        weights = torch.ones(len(source)) if weights is None else weights
        self.weights = weights.to(self.target) / weights.sum()
        self.num_data = len(source)

    def draw(self, generator: torch.Generator, count: int) -> Tensor:
        return uniform_samples(generator, count, self.sample_size, self.num_data)

    def generate(self, samples: Tensor) -> Tensor:
        source, target = self.source[samples], self.target[samples]
        edges = source[:, 1:] - source[:, :1]
        area = torch.linalg.cross(edges[:, 0], edges[:, 1]).norm(dim=-1)
        wide = area > COLLINEAR * edges.square().sum(-1).amax(-1)
        return kabsch(source[wide], target[wide]).wxyz_xyz

    def score(self, models: Tensor) -> tuple[Tensor, Tensor]:
        squared = self._squared_error(models)
        return squared.clamp(max=1.0) @ self.weights, (squared < 1.0).to(self.weights) @ self.weights

    def refine(self, models: Tensor) -> Tensor:
        shape = (len(models), -1, -1)
        for _ in range(POLISH_STEPS):
            weight = self.weights * (self._squared_error(models) < 1.0)
            models = kabsch(self.source.expand(shape), self.target.expand(shape), weight).wxyz_xyz
        return models

    def inliers(self, model: Tensor) -> Tensor:
        """(N,) bool: matches that a model (7,) explains."""
        return self._squared_error(model[None])[0] < 1.0

    def _squared_error(self, models: Tensor) -> Tensor:
        """(B, N) squared distances over max_error^2."""
        off = SE3(models).apply_points(self.source) - self.target
        return off.square().sum(-1) / self.max_error**2
