"""What all rooms take for granted: how exactly keypoints are found, and how long a random search lasts."""

from __future__ import annotations

from dataclasses import dataclass


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
