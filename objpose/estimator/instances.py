"""Several places, and several masks of a place, that show one thing: the surest pose answers for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from objpose.estimator.estimate import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import best_distinct

SAME = 0.2  # of the diameter: poses of one object closer than this everywhere answer the same instance
ONE_PLACE = 0.5  # intersection over union of masks from which they show one place


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


def surest_in_place(estimates: Sequence[PoseEstimate], masks: Sequence[Tensor]) -> list[PoseEstimate]:
    """The estimates without those in whose place, by the masks (H, W), one of their object is surer."""
    kept: list[PoseEstimate] = []
    for estimate in sorted(estimates, key=lambda estimate: -estimate.confidence):
        others = [other for other in kept if other.object == estimate.object]
        if not any(_one_place(masks[estimate.target], masks[other.target]) for other in others):
            kept.append(estimate)
    return kept


def _one_place(one: Tensor, other: Tensor) -> bool:
    return bool((one & other).sum() > ONE_PLACE * (one | other).sum())
