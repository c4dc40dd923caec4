"""Several places that show one thing: the surest pose answers for each instance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from objpose.estimator.estimate import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import best_distinct

SAME = 0.2  # of the diameter: poses of one object closer than this everywhere answer the same instance


def surest_of_each(models: Iterable[ObjectModel], estimates: Sequence[PoseEstimate]) -> list[PoseEstimate]:
    """Of the estimates those that answer different instances, surest first."""
    kept = []
    for model in models:
        same = [estimate for estimate in estimates if estimate.object == model.name]
        if same:
            poses = SE3.stack([model.cam_from_mesh(estimate.cam_from_obj) for estimate in same])
            sure = torch.tensor([estimate.confidence for estimate in same])
            different = best_distinct(model, poses, sure, symmetry=model.symmetry, same=SAME)
            kept += [same[index] for index in different]
    return sorted(kept, key=lambda estimate: -estimate.confidence)
