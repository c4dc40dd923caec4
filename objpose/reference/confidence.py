"""The chance that a turn told by a reference photo is right to 15 degrees."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from objpose.poses.confidence import chance_within
from objpose.reference.evidence import SURE_NATS
from objpose.reference.options import RIGHT_DEG

CERTAIN = 0.98  # share of the chance from which no rival is left
WELL_IN_VIEW = 0.6  # share of the side that the reference shows, below which less and less is compared
# Log odds: none, of the share's log odds, of keypoints that are sure, of a seen side that fits the depth.
# Chosen on half of the pairs of one set, all modes together: docs/benchmarks/reference.md.
NONE, SHARE, KEYPOINTS, FITTING = -1.05, 0.23, 2.74, 0.94
GUESSED = 1.3  # by how much turns err more than their covariance says where depth is guessed of outlines


def confidence_of(stats: Mapping[str, float]) -> float:
    """In [0, 1], by what was found out; never more than the answer's share among its rivals."""
    share = min(max(stats["share"], 1 - CERTAIN), CERTAIN)
    sure = min(max(stats["nats"], 0.0), SURE_NATS) / SURE_NATS
    fitting = stats.get("fitting", 0.0) * min(1.0, stats.get("in_view", 0.0) / WELL_IN_VIEW)
    odds = NONE + SHARE * math.log(share / (1 - share)) + KEYPOINTS * sure + FITTING * fitting
    spread = stats["sigma_deg"] * (GUESSED if stats["guessed"] else 1.0)
    narrow = float(chance_within(RIGHT_DEG, torch.tensor(spread)))
    return min(narrow / (1 + math.exp(-odds)), stats["share"])
