"""Where a target photo without a mask may show the object."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from objpose.features.local import LocalMatcher
from objpose.frame import Frame
from objpose.objects import ObjectModel
from objpose.reference.look import Look
from objpose.segmentation import propose, segment

CLEAR_RATIO = 0.85  # ambiguity up to which a match tells a place
TRIED = 3  # places that are looked at


def places(
    look: Look, seen: ObjectModel | None, frame: Frame, matcher: LocalMatcher, seed: int
) -> list[Tensor]:
    """Masks (H, W) that may show the object of a view, likeliest first: a few, perhaps none.

    By the matches that lie in each proposal of segmentation, as against what its area would hold by chance;
    with depth by what the seen side looks like, too.
    """
    found = [proposal.mask for proposal in propose(frame)]
    matched = _matched_places(look, frame, matcher)
    worth = np.array([_scan(matched, mask) for mask in found])
    best = [found[index] for index in np.argsort(-worth, kind="stable")[:TRIED] if worth[index] > 0]
    if seen is not None and frame.depth is not None:
        best += [one.mask for one in segment(frame, [seen], seed=seed)[:TRIED]]
    return best


def _matched_places(look: Look, frame: Frame, matcher: LocalMatcher) -> np.ndarray:
    """(M, 2) column and row in the frame of its keypoints that match the view clearly."""
    found = matcher([look.rgb, frame.rgb.numpy()], [look.mask, None])
    matches = found.matches[0, 1]
    clear = matches.select(matches.ratios < CLEAR_RATIO)
    return found.features[1].keypoints[clear.indices[:, 1]]


def _scan(places: np.ndarray, mask: Tensor) -> float:
    """Nats by which a mask holds more of the places (M, 2) than its area does by chance (Kulldorff 1997)."""
    if not len(places):
        return 0.0
    column, row = torch.from_numpy(np.round(places)).long().unbind(1)
    height, width = mask.shape
    inside = float(mask[row.clamp(0, height - 1), column.clamp(0, width - 1)].float().mean())
    area = float(mask.float().mean())
    if inside <= area:
        return 0.0
    outside = 0.0 if inside >= 1.0 else (1 - inside) * np.log((1 - inside) / (1 - area))
    return len(places) * (inside * np.log(inside / area) + outside)
