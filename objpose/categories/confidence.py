"""The chance that an answer is right."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from objpose.poses import Chance

TEMPERATURE = 8.0  # nats of residuals that are worth one: what they share errs together

# Of a 3D overlap above 0.5 within 10 degrees and 5 cm, by `right_evidence`. Fitted on drawn instances and,
# weighing as much, on even images of two sets, masks of other things among them; with --fit,
# benchmarks/categories.py prints it.
RIGHT = Chance(0.4, (3.8, 6.9, 3.3, 2.9, 5.4), 0.2)
EVIDENCE = ("empty", "bare", "unusual", "unknown")  # besides the score; as in the stats of an answer


def right_evidence(score: float, empty: float, bare: float, unusual: float, unknown: float) -> Tensor:
    """(5,) what confidence goes by; of each, more is better.

    score, empty, bare: of the verdict; unusual: root mean square of the latents; unknown: the largest sigma
    of a side, relative to it.
    """
    return torch.tensor([score, -math.sqrt(empty), -math.sqrt(bare), -unusual, -unknown])
