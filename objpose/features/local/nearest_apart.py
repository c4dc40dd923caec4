"""Mutual nearest neighbours of features that describe one place many times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.features.local.features import LocalFeatures
from objpose.features.local.matches import MIN_DISTANCE, Matches
from objpose.features.local.places import group_places

RIVALS = 12  # of the nearest, looked through for one at another place


@dataclass(frozen=True)
class NearestApart:
    """Mutual nearest neighbours; the next best that their ratio compares with is one at another place.

    Of the matches that join the same two places, the clearest is kept: what sees them many times is no more
    evidence than what sees them once. apart: how far another place is, as a share of the photo's longer side.
    """

    apart: float = 0.0125  # 8 pixels in 640

    @property
    def name(self) -> str:
        return f"apart-once-{self.apart}"

    def __call__(self, first: LocalFeatures, second: LocalFeatures) -> Matches:
        """Descriptors are compared upright."""
        if min(len(first), len(second)) < RIVALS:
            return Matches(np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.float32))
        similarity = torch.from_numpy(first.descriptors[0] @ second.descriptors[0].T)
        columns, back = similarity.argmax(dim=1), similarity.argmax(dim=0)
        rows = torch.nonzero(back[columns] == torch.arange(len(first)))[:, 0]
        columns = columns[rows]
        ratios = torch.maximum(
            self._ratios(similarity[rows], second), self._ratios(similarity[:, columns].T, first)
        )
        matches = Matches(torch.stack([rows, columns], dim=1).numpy(), ratios.numpy())
        ends = [
            one.keypoints[matches.indices[:, side]] / one.span for side, one in enumerate((first, second))
        ]
        clearest, _ = group_places(np.concatenate(ends, axis=1), matches.ratios, self.apart / 2)
        return matches.select(clearest)

    def _ratios(self, similarity: Tensor, features: LocalFeatures) -> Tensor:
        """(M,) distance to the most similar feature over that to the next best at another place."""
        best, index = similarity.topk(RIVALS, dim=1)
        places = torch.from_numpy(features.keypoints)[index]
        elsewhere = (places - places[:, :1]).norm(dim=2) > self.apart * features.span
        elsewhere[:, -1] = True
        rival = best.gather(1, elsewhere.int().argmax(dim=1, keepdim=True))[:, 0]
        nearest, other = (
            (2 - 2 * one.clamp(max=1.0)).clamp_min(MIN_DISTANCE**2) for one in (best[:, 0], rival)
        )
        return (nearest / other).sqrt()
