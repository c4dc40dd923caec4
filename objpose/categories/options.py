"""What can be tuned about instances of categories."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.categories.fit import ROUNDS, Round
from objpose.categories.residuals import ResidualOptions


@dataclass(frozen=True)
class CategoryOptions:
    hypotheses: int = 128  # rotations that are tried
    crop_size: int = 128  # pixels of the crop's side at most
    judge_size: int = 96  # pixels of the crop in which the answer is drawn and judged
    rounds: tuple[Round, ...] = ROUNDS  # coarse to fine
    residuals: ResidualOptions = ResidualOptions()
    seed: int = 0  # the same seed gives the same answer
