"""What a judge says of hypotheses."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Verdict:
    """Scores of B hypotheses."""

    score: Tensor  # (B,) in [0, 1]: geometry x appearance
    geometry: Tensor  # (B,) in [0, 1]: what agrees, in depth or in silhouette, of all that is seen or claimed
    appearance: Tensor  # (B,) in [0, 1]: agreement of colour and its structure; 1 without colour
    visible: Tensor  # (B,) share of the rendered pixels that the frame confirms

    def __getitem__(self, index) -> Verdict:
        return Verdict(self.score[index], self.geometry[index], self.appearance[index], self.visible[index])
