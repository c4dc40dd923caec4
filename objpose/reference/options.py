"""What can be tuned about one reference photo."""

from __future__ import annotations

from dataclasses import dataclass

RIGHT_DEG = 15.0  # what confidence is the chance of: the turn within it


@dataclass(frozen=True)
class ReferenceOptions:
    size: int = 384  # pixels of the side of the views that are matched, at most
    clear_ratio: float = 0.93  # ambiguity up to which matches enter the search
    least_matches: int = 5  # one more than PnP needs to choose among its solutions
    turns: int = 5  # of the second view in its plane whose matches of cells are looked at, of twelve
    rounds: int = 2  # in which cells are matched anew near to where a pose expects them
    cell_px: float = 3.0  # of pictures of 160 px, standard deviation of a match of cells
    keypoint_px: float = 1.1  # of the photos, standard deviation of a match's two keypoints together
    # Share of the matches that err by themselves: what is wrong with a place or a relief is so with its
    # neighbours. Counted as if all did, they overrule what is known of reliefs.
    independent: float = 0.4
    same_deg: float = 8.0  # hypotheses whose turns differ less are one
    kept: int = 6  # hypotheses at most
    seed: int = 0  # the same seed gives the same answer
