"""Where the tags of placed photos stand, and photos placed by tags alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from objpose.cameras.scene.relative import project, relative_pose
from objpose.cameras.scene.stated import Squares
from objpose.cameras.tags.evidence import TagEvidence
from objpose.cameras.tags.square import CORNERS, length_between, seen_corners
from objpose.geometry.rigid_matrices import inverse_matrix

WORST = 10.0  # tolerances that a corner's error counts for at most: one moved tag shall not decide for all


class PlacedTag(NamedTuple):
    """world_from_tag: (4, 4); side: world units."""

    world_from_tag: np.ndarray
    side: float

    @property
    def points(self) -> np.ndarray:
        """(4, 3) corners in the world."""
        return self.side * CORNERS @ self.world_from_tag[:3, :3].T + self.world_from_tag[:3, 3]


def place_tags(tags: TagEvidence, cams_from_world: Mapping[int, np.ndarray]) -> dict[int, PlacedTag]:
    """By id, those that two placed photos show, each as one of them sees it that fits all best."""
    found = {}
    for number in tags.seen.numbers:
        photos = [photo for photo in tags.seen.showing(number) if photo in cams_from_world]
        if len(photos) > 1:
            offers = [
                one for photo in photos for one in _offers(tags, cams_from_world, number, photo, photos)
            ]
            if offers:
                found[number] = min(
                    offers, key=lambda one: misfit(tags, cams_from_world, {number: one}, photos)
                )
    return found


def misfit(
    tags: TagEvidence,
    cams_from_world: Mapping[int, np.ndarray],
    placed: Mapping[int, PlacedTag],
    photos: Sequence[int],
) -> float:
    """Sum of squared errors of all corners of placed tags in these photos, in tolerances, each bounded."""
    total = 0.0
    for photo in photos:
        for number in tags.seen.of(photo).keys() & placed.keys():
            off = errors(tags, cams_from_world[photo], placed[number], photo, number)
            total += float((np.minimum(off, WORST) ** 2).sum())
    return total


def errors(
    tags: TagEvidence, cam_from_world: np.ndarray, placed: PlacedTag, photo: int, number: int
) -> np.ndarray:
    """(4,) tolerances that the corners of a placed tag are off in a photo."""
    off = project(cam_from_world, placed.points) - tags.rays(photo, number)
    return np.linalg.norm(off, axis=1) / tags.views[photo].tolerance


def squares_of(
    tags: TagEvidence, cams_from_world: Mapping[int, np.ndarray]
) -> tuple[list[int], Squares | None]:
    """Ids of the tags that two placed photos show, and those as squares to adjust; None without any."""
    placed = place_tags(tags, cams_from_world)
    numbers = sorted(placed)
    if not numbers:
        return [], None
    rows = [
        (photo, row, tags.rays(photo, number))
        for row, number in enumerate(numbers)
        for photo in tags.seen.showing(number)
        if photo in cams_from_world
    ]
    return numbers, Squares(
        np.stack([placed[number].world_from_tag for number in numbers]),
        np.array([placed[number].side for number in numbers]),
        CORNERS,
        np.array([photo for photo, _, _ in rows]),
        np.array([row for _, row, _ in rows]),
        np.stack([rays for _, _, rays in rows]),
    )


def _offers(
    tags: TagEvidence, cams: Mapping[int, np.ndarray], number: int, photo: int, photos: Sequence[int]
) -> list[PlacedTag]:
    """The tag as one photo sees it, as large as the other photos ask for."""
    found = []
    for cam_from_tag in tags.squares[photo][number]:
        points = seen_corners(cam_from_tag)
        motions = [relative_pose(dict(cams), photo, other) for other in photos if other != photo]
        rays = [tags.rays(other, number) for other in photos if other != photo]
        length = length_between(motions, points, rays)
        if length is not None:
            moved = cam_from_tag.copy()
            moved[:3, 3] /= length
            found.append(PlacedTag(inverse_matrix(cams[photo]) @ moved, 1.0 / length))
    return found
