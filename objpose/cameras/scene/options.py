"""What all rooms take for granted: how exactly keypoints are found, and how long a random search lasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Of the log of a focal length of which nothing is known: wide phones to short telephotos.
FOCAL_SPREAD = 0.35


@dataclass(frozen=True)
class KeypointOptions:
    """How far off a right match may be.

    Keypoints are found to about half a pixel of the photo they are looked for in, which is at most so large.
    """

    size_px: int = 1024  # longer side of that photo; larger ones are looked at in this size
    tolerance_px: float = 2.0  # of that photo: four standard deviations

    def tolerance(self, width: int, height: int) -> float:
        """Pixels of a photo of this size that a right match may be off."""
        return self.tolerance_px * max(1.0, max(width, height) / self.size_px)


@dataclass(frozen=True)
class TrialOptions:
    """How long RANSAC looks for a model; no search ends before its least trials or goes on after its most."""

    most: int = 4000  # finds five right matches among ones of which a quarter is right, and in good time
    least: int = 200  # fewer and an early lucky sample would end the search
    confidence: float = 0.9999  # that no better model is left
    least_inliers: float = 0.02  # share of inliers that is looked for at all


@dataclass(frozen=True)
class PredictionOptions:
    """What a photo is expected to show of the points that others see.

    Rates are those of photos at their right places, and at wrong ones that explain many matches, in two table
    tops made by benchmarks/twin_scenes.py and three path-traced ones.
    """

    nearest_deg: float = 40.0  # seen from further aside, hardly any keypoint is found again
    border_px: float = 8.0  # no keypoints are found so near to the photo's border
    leniency: float = 2.0  # tolerances that a keypoint may be off: the point errs too
    neighbours: int = 6  # keypoints looked at around an expected one
    alike: float = 0.8  # of the distance of two random descriptors: nearer ones are alike
    least_rate: float = 0.30  # share of points found again at a right place, at no angle and of no witness
    rate_per_witness: float = 0.12  # more of it for each: what many photos found is found easily
    most_witnesses: int = 6  # of those that count
    fading_deg: float = 30.0  # over which that share falls by e
    chance: float = 0.09  # share of points for which something alike is found at a wrong place
    patches: int = 12  # along the longer side of a photo
    # That one patch can speak with at most, for or against: in soft real photos fewer points are found again
    # than in rendered ones, and twice as much tore right groups apart.
    patch_nats: float = 1.5

    def rate(self, angle_deg: np.ndarray, witnesses: np.ndarray) -> np.ndarray:
        """Share of points that are found again at a right place, never below that of wrong ones."""
        easy = self.least_rate + self.rate_per_witness * np.minimum(witnesses, self.most_witnesses)
        return (easy * np.exp(-angle_deg / self.fading_deg)).clip(self.chance, 0.9)
