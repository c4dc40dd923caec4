"""What can be tuned about pairs of photos: their hypotheses, what speaks for one, unknown focal lengths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objpose.cameras.scene.options import FOCAL_SPREAD, PredictionOptions, TrialOptions
from objpose.cameras.tags.options import TagOptions


@dataclass(frozen=True)
class EvidenceOptions:
    """How matches speak for a geometry."""

    # Ratios below the first are the least ambiguous. What lies above the last counts nothing: such matches
    # join regions that are alike, column to column, and agree with wrong geometries more often than random
    # pairs do.
    ratio_borders: tuple[float, ...] = (0.7, 0.8, 0.85, 0.9, 0.95)
    sampled_keypoints: int = 200  # of a photo, to count chance with: more change no answer by a nat
    # Matches in one patch of a photo are not independent: a logo printed twice on one box makes dozens that
    # agree with each other and with a wrong pose. Together they count as some three.
    patches: int = 12  # along the longer side of a photo
    patch_nats: float = 15.0  # that one patch can speak with at most
    # Right matches scatter about the geometry by a quarter of the tolerance, some of them evenly up to it.
    noise: float = 0.25  # standard deviation, in tolerances
    broad: float = 0.2  # share that scatters evenly
    # The best of the many geometries tried on photos of different scenes reaches some 25 nats with one other
    # photo, and a little more with each further one.
    chance_nats: float = 28.0
    chance_nats_per_photo: float = 1.5  # more of them, more ways to agree by chance

    def least(self, placed: int) -> float:
        """Nats that a place among so many placed photos must exceed to be told from chance."""
        return self.chance_nats + self.chance_nats_per_photo * placed

    @cached_property
    def peak(self) -> float:
        """Density of right matches on the geometry relative to random ones, so that it integrates to one."""
        return 2.0 / (self.noise * np.sqrt(2.0 * np.pi))


@dataclass(frozen=True)
class PairOptions:
    """How hypotheses of two photos are searched."""

    evidence: EvidenceOptions = EvidenceOptions()
    prediction: PredictionOptions = PredictionOptions()
    tags: TagOptions = TagOptions()
    # Half as many as for one search alone: a mode that one of a pair's searches misses, others look for.
    trials: TrialOptions = TrialOptions(most=2000)
    # Of a first look: what has 50 nats and more is found, and is what may contradict a chain of sure pairs.
    look_trials: TrialOptions = TrialOptions(most=400)
    # The ambiguity up to which matches enter a search: strict ones first, then ever more of them with ever
    # more wrong.
    ratio_limits: tuple[float, ...] = (0.8, 0.9, 0.97)
    modes: tuple[int, ...] = (1, 1, 2)  # looked for up to each: what one leaves is looked through once
    plane_ratio: float = 0.9  # the same for the search of the dominant plane, which is searched once
    least_matches: int = 8  # three more than the minimal sample, so that some confirm it
    same_rotation_deg: float = 3.0  # hypotheses closer than this and the next are one
    same_direction_deg: float = 15.0  # a short baseline leaves its direction more open than the turn
    kept: int = 6  # hypotheses of a pair: four of a plane, and two more modes
    # A pose that explains this share of the unambiguous matches leaves no room for another mode.
    dominant: float = 0.7
    rough_deg: float = 10.0  # that a motion proposed from outside may be off
    # A pair whose best hypothesis has less is searched again near its best ones.
    sure_nats: float = 100.0  # far above what chance gives
    searched_again: int = 3  # of its hypotheses
    near_deg: float = 5.0  # that matches may be off them
    near_trials: TrialOptions = TrialOptions(most=400)  # so near, most of the wrong matches are out
    # Two photos that show the same at the same pixels, by more than cameras that moved little: by at most 56
    # nats of the pairs of the benchmarks' photos, 800 of two from one place.
    still_nats: float = 100.0
    still_share: float = 0.5  # of the pairs of a group that are so
    still_photos: int = 3  # of them are no chance


@dataclass(frozen=True)
class FocalOptions:
    """How an unknown focal length is guessed, in units of the photo's longer side."""

    widest: float = 0.56  # tried: a wide phone camera, 83 degrees
    longest: float = 2.36  # a short telephoto, 24 degrees
    steps: int = 13  # between them, geometrically: 13 % apart
    usual: float = 1.2  # COLMAP's guess, for photos that match no other
    spread: float = FOCAL_SPREAD  # standard deviation of the log of it
    told_spread: float = 0.1  # of what EXIF tells: rounded, of the full frame, and kept where a photo is cut
    temperature: float = 10.0  # nats of matches that count as one beside that prior: matches err together
    rival_nats: float = 30.0  # that a rival may be behind: what chance gives one pair
    apart: float = 1.4  # ratio of rivals: nearer ones lead to the same focal length
    guesses: int = 3  # that photos are solved from, at most
    behind_nats: float = 90.0  # that a solution may be behind the best one and still take belief from it
    pairs: int = 4  # of most unambiguous matches, that are asked
    clear_ratio: float = 0.8  # of the matches that are asked: few wrong ones among them
    trials: TrialOptions = TrialOptions(most=400)  # find a mode that most matches obey
    # A refined focal length further from the guess than this share of it asks for new hypotheses.
    change: float = 0.05

    def tried_beside(self, told: float | None) -> np.ndarray:
        """(steps,) focal lengths tried, one of them as told, if any is."""
        usual = np.geomspace(self.widest, self.longest, self.steps)
        if told is None:
            return usual
        return usual * told / usual[np.abs(np.log(usual / told)).argmin()]
