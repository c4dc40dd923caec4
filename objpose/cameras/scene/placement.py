"""Some of the views with cameras, and the points that they see; and what speaks for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from objpose.cameras.scene.tracks import Tracks
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import centre_of


@dataclass(frozen=True, eq=False)
class Placement:
    """Cameras of some of the views, with the points they see.

    cams_from_world: view index to (4, 4); tracks and points (count, 3) of these views alone; focals: view
    index to focal length in pixels where it was refined.
    """

    cams_from_world: dict[int, np.ndarray]
    tracks: Tracks
    points: np.ndarray
    focals: dict[int, float]

    @property
    def extent(self) -> float:
        """World units: the largest distance of a camera from their mean, or of one camera from its points."""
        centres = np.array([centre_of(cam) for cam in self.cams_from_world.values()])
        spread = float(np.linalg.norm(centres - centres.mean(0), axis=1).max())
        if spread == 0.0 and len(self.points):
            spread = float(np.median(np.linalg.norm(self.points - centres[0], axis=1)))
        return spread or 1.0

    def without(self, photo: int) -> Placement:
        """The placement as the other photos hold it up."""
        return self.among(self.cams_from_world.keys() - {photo})

    def among(self, photos: Collection[int]) -> Placement:
        """The placement of some of its photos, with the points that two of them see."""
        cams = {index: cam for index, cam in self.cams_from_world.items() if index in photos}
        tracks = self.tracks.without(~np.isin(self.tracks.view, list(photos)))
        return replace(self, cams_from_world=cams, tracks=tracks).select(tracks.lengths() >= 2)

    def select(self, kept: np.ndarray) -> Placement:
        """With the points at a mask (count,) alone."""
        tracks, numbers = self.tracks.select(kept)
        return replace(self, tracks=tracks, points=self.points[numbers])

    def depths(self, photo: int, keypoints: int) -> np.ndarray:
        """(keypoints,) depth of the point at every keypoint of a placed photo, nan where there is none."""
        known = np.full(keypoints, np.nan)
        mine = self.tracks.view == photo
        cam = self.cams_from_world[photo]
        known[self.tracks.keypoint[mine]] = self.points[self.tracks.track[mine]] @ cam[2, :3] + cam[2, 3]
        return known


DIM = 0.5  # of the nats expected: what a photo in other light, or less sharp, shows at its right place


class Prediction(NamedTuple):
    """What the points of other photos say of one at a place.

    nats: in favour of the place; expected: those that a right place has on average, at least 0.
    """

    nats: float
    expected: float

    @property
    def shortfall(self) -> float:
        """Nats by which the photo shows less than it should at the least."""
        return max(DIM * self.expected - self.nats, 0.0)

    def __add__(self, other: Prediction) -> Prediction:  # type: ignore[override]
        return Prediction(self.nats + other.nats, self.expected + other.expected)


NOTHING = Prediction(0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Grown:
    """A placement with its evidence, in nats: in all, of the matches pair by pair, and of what the points of
    the others predict photo by photo.
    """

    placement: Placement
    evidence: float
    pair_evidence: dict[Pair, float]
    predicted: dict[int, Prediction]

    def support(self, photo: int) -> float:
        """Nats of all pairs of one of its photos, and of what it is predicted to show."""
        pairs = [nats for pair, nats in self.pair_evidence.items() if photo in pair]
        return float(np.sum(pairs)) + self.predicted[photo].nats
