"""What tags say of the motion between two photos: it shows each as one square, or it does not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from objpose.cameras.scene.views import View
from objpose.cameras.tags.options import TagOptions
from objpose.cameras.tags.seen import SeenTags
from objpose.cameras.tags.square import misfit_of_squares, squares_before
from objpose.geometry.rigid_matrices import inverse_matrix


class TagEvidence:
    """The tags of some views, under their intrinsics."""

    def __init__(self, views: Sequence[View], seen: SeenTags, options: TagOptions):
        self.views, self.seen, self.options = views, seen, options

    @cached_property
    def squares(self) -> dict[int, dict[int, list[np.ndarray]]]:
        """cam_from_tag (4, 4), sides of one, of each photo and id: the ways to see the square, best first."""
        return {
            photo: {number: squares_before(self.rays(photo, number)) for number in tags}
            for photo, tags in self.seen.keypoints.items()
        }

    def rays(self, photo: int, number: int) -> np.ndarray:
        """(4, 2) of the corners."""
        return self.views[photo].rays[self.seen.of(photo)[number]]

    def motions(self, a: int, b: int) -> list[np.ndarray]:
        """b_from_a (4, 4) that each of the tags in common may ask for, lengths in its sides."""
        return [
            there @ inverse_matrix(here)
            for number in self._telling(a, b)
            for here in self.squares[a][number]
            for there in self.squares[b][number]
        ]

    def nats(self, a: int, b: int, b_from_a: np.ndarray) -> float:
        """In favour of a motion (4, 4); nothing where no tag is in common, or none of them fits."""
        ids = self._telling(a, b)
        starts = [(row, one) for row, number in enumerate(ids) for one in self.squares[a][number]]
        if not starts:
            return 0.0
        rows = np.array([row for row, _ in starts])
        rays_a, rays_b = (np.stack([self.rays(photo, number) for number in ids]) for photo in (a, b))
        poses = np.stack([one for _, one in starts])
        misfit = misfit_of_squares(b_from_a, poses, rays_a[rows], rays_b[rows], self.options.steps)
        best = np.full(len(ids), np.inf)
        np.minimum.at(best, rows, misfit)
        sigma = self.options.noise * np.sqrt(self.views[a].tolerance * self.views[b].tolerance)
        worth = self.options.nats * np.minimum(self._sizes(a, rays_a), self._sizes(b, rays_b))
        # Eight corners, two coordinates each: half of their squared distances in sigmas.
        return float((worth - 4.0 * best / sigma**2).clip(min=0.0).sum())

    def _sizes(self, photo: int, rays: np.ndarray) -> np.ndarray:
        """(T,) in [0, 1]: how far tags are large enough to tell how they are tilted."""
        sides = np.linalg.norm(rays - np.roll(rays, 1, axis=1), axis=2).min(1)
        return (sides / self.views[photo].tolerance / self.options.small).clip(max=1.0) ** 2

    def _telling(self, a: int, b: int) -> list[int]:
        """Tags in common that moved from one photo to the other: those at the same pixels may be of a still
        background before a turntable, and else say only that the camera did not move.
        """
        return [number for number in self.seen.shared(a, b) if not self._is_still(a, b, number)]

    def _is_still(self, a: int, b: int, number: int) -> bool:
        moved = np.linalg.norm(self.rays(a, number) - self.rays(b, number), axis=1)
        return bool(
            (moved < self.options.still * max(self.views[a].tolerance, self.views[b].tolerance)).all()
        )
