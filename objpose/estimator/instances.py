"""Several places, and several masks of a place, that show one thing: the surest pose answers for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from objpose.estimator.estimate import PoseEstimate
from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.poses import best_distinct, separations

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


def surest_in_place(
    models: Mapping[str, ObjectModel], estimates: Sequence[PoseEstimate], masks: Sequence[Tensor]
) -> list[PoseEstimate]:
    """The estimates without those in whose place, by the masks (H, W), one of their object is surer.

    That one shares its chance with them where they are other poses. models: by name.
    """
    kept: list[PoseEstimate] = []
    for estimate in sorted(estimates, key=lambda estimate: -estimate.confidence):
        mask, in_place = masks[estimate.target], False
        for index, other in enumerate(kept):
            if other.object == estimate.object and _one_place(mask, masks[other.target]):
                kept[index], in_place = _shared(models[other.object], other, estimate), True
        if not in_place:
            kept.append(estimate)
    return kept


def _shared(model: ObjectModel, surer: PoseEstimate, other: PoseEstimate) -> PoseEstimate:
    """The surer of two answers in one place: of two poses that differ one at most is right."""
    poses = SE3.stack([model.cam_from_mesh(one.cam_from_obj) for one in (surer, other)])
    right, rival = surer.confidence, other.confidence
    apart = float(separations(model, model.symmetry, poses)[0, 1]) > SAME * model.diameter
    if not apart or rival == 0:
        return surer
    share = 0.5 if rival == 1 else right * (1 - rival) / (right * (1 - rival) + rival * (1 - right))
    return replace(
        surer,
        share=min(surer.share, share),
        confidence=min(right, share),
        confidence_in_image=min(surer.confidence_in_image, share),
    )


def _one_place(one: Tensor, other: Tensor) -> bool:
    return bool((one & other).sum() > ONE_PLACE * (one | other).sum())
