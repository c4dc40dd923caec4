"""The matches from one placed photo to a further one, with what a placement knows of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.scene.placement import Placement
from objpose.features.local import Matches


@dataclass(frozen=True, eq=False)
class PhotoLink:
    """Arrays are (M,) or (M, 2), a row a match."""

    member: int  # the placed photo
    typical_depth: float  # median depth of the member's points, nan without any
    matches: Matches
    rays_member: np.ndarray  # at depth one
    rays_photo: np.ndarray
    track: np.ndarray  # the placement's track of the member's keypoint, -1 for none
    depth: np.ndarray  # of that point in the member, nan for none
    patches_member: np.ndarray  # of the photo, see View.patches
    patches_photo: np.ndarray

    @property
    def ratios(self) -> np.ndarray:
        return self.matches.ratios

    @property
    def keypoints(self) -> np.ndarray:
        """In the new photo."""
        return self.matches.indices[:, 1]

    @property
    def patches(self) -> list[np.ndarray]:
        return [self.patches_member, self.patches_photo]

    def select(self, kept: np.ndarray) -> PhotoLink:
        """With the matches at a mask (M,) alone."""
        return replace(
            self,
            matches=self.matches.select(kept),
            rays_member=self.rays_member[kept],
            rays_photo=self.rays_photo[kept],
            track=self.track[kept],
            depth=self.depth[kept],
            patches_member=self.patches_member[kept],
            patches_photo=self.patches_photo[kept],
        )

    @staticmethod
    def of(
        problem: CameraProblem, placement: Placement, member: int, photo: int, matches: Matches
    ) -> PhotoLink:
        """matches: from the member to the photo."""
        first, second = problem.views[member], problem.views[photo]
        mine = placement.tracks.view == member
        track_of = np.full(len(first.features), -1)
        track_of[placement.tracks.keypoint[mine]] = placement.tracks.track[mine]
        depth_of = placement.depths(member, len(first.features))
        count = problem.options.evidence.patches
        here, there = matches.indices.T
        seen = depth_of[placement.tracks.keypoint[mine]]
        return PhotoLink(
            member=member,
            typical_depth=float(np.median(seen)) if len(seen) else np.nan,
            matches=matches,
            rays_member=first.rays[here],
            rays_photo=second.rays[there],
            track=track_of[here],
            depth=depth_of[here],
            patches_member=first.patches(here, count),
            patches_photo=second.patches(there, count),
        )
