"""What rigid motions keep: a test of putative point pairs before any solving."""

from __future__ import annotations

import torch
from torch import Tensor


def edge_ratios_agree(source: Tensor, target: Tensor, least_ratio: float) -> Tensor:
    """(B,) whether the triangles (B, 3, 3) have equal edges, up to the ratio of shorter to longer.

    A cheap test before any solving: lengths do not change under a rigid motion.
    """
    edges_source = (source - source.roll(1, dims=1)).norm(dim=-1)
    edges_target = (target - target.roll(1, dims=1)).norm(dim=-1)
    shorter, longer = torch.minimum(edges_source, edges_target), torch.maximum(edges_source, edges_target)
    return (shorter >= least_ratio * longer.clamp_min(1e-12)).all(-1)
