"""The rigid 3D-3D estimator: target_from_source from putative point pairs."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import SE3, kabsch
from objpose.robust.ransac import uniform_samples


def edge_ratios_agree(source: Tensor, target: Tensor, least_ratio: float) -> Tensor:
    """(B,) whether the triangles (B, 3, 3) have equal edges, up to the ratio of shorter to longer.

    A cheap test before any solving: lengths do not change under a rigid motion.
    """
    edges_source = (source - source.roll(1, dims=1)).norm(dim=-1)
    edges_target = (target - target.roll(1, dims=1)).norm(dim=-1)
    shorter, longer = torch.minimum(edges_source, edges_target), torch.maximum(edges_source, edges_target)
    return (shorter >= least_ratio * longer.clamp_min(1e-12)).all(-1)


class RigidEstimator:
    """Estimator contract of objpose.robust.ransac for pairs source (N, 3), target (N, 3), metres.

    A model is the (7,) wxyz_xyz of target_from_source; the cost is the mean of min(r^2 / max_error^2, 1).
    """

    sample_size = 3
    edge_ratio = 0.9  # the setting of Open3D's and GeDi's own demos

    def __init__(self, source: Tensor, target: Tensor, max_error: float):
        self.source, self.target, self.max_error = source, target, max_error
        self.num_data = len(source)

    def draw(self, generator: torch.Generator, count: int) -> Tensor:
        return uniform_samples(generator, count, self.sample_size, self.num_data).to(self.source.device)

    def generate(self, samples: Tensor) -> Tensor:
        source, target = self.source[samples], self.target[samples]
        agree = edge_ratios_agree(source, target, self.edge_ratio)
        return kabsch(source[agree], target[agree]).wxyz_xyz

    def score(self, models: Tensor) -> tuple[Tensor, Tensor]:
        squared = self._squared_error(models)
        return squared.clamp(max=1.0).mean(-1), (squared < 1.0).float().mean(-1)

    def refine(self, models: Tensor) -> Tensor:
        inlier = (self._squared_error(models) < 1.0).to(self.source)
        count = len(models)
        refined = kabsch(
            self.source.expand(count, -1, -1), self.target.expand(count, -1, -1), inlier
        ).wxyz_xyz
        enough = inlier.sum(-1, keepdim=True) >= self.sample_size
        return torch.where(enough, refined, models)

    def _squared_error(self, models: Tensor) -> Tensor:
        residual = SE3(models).apply_points(self.source) - self.target
        return residual.square().sum(-1) / self.max_error**2
