"""Photos placed by the tags that they show, whatever else they show: rough cameras to start from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from objpose.cameras.scene.adjustment import adjust
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.scene.tracks import join_matches
from objpose.cameras.tags.evidence import TagEvidence
from objpose.cameras.tags.placed import PlacedTag, errors, misfit, place_tags, squares_of
from objpose.geometry.rigid_matrices import inverse_matrix

ROUNDS = 3  # in which photos may turn to the other way of seeing their tags


def placed_by_tags(tags: TagEvidence) -> list[dict[int, np.ndarray]]:
    """cam_from_world (4, 4) of the photos that hang together by tags, for each such group of two or more."""
    groups, left = [], set(tags.seen.keypoints)
    while left:
        shows = {
            number: [one for one in tags.seen.showing(number) if one in left] for number in tags.seen.numbers
        }
        root = max(shows, key=lambda number: len(shows[number]))
        if len(shows[root]) < 2:
            break
        cams = _grown(tags, root, shows[root], left)
        left -= cams.keys() | set(shows[root])
        if len(cams) > 1:
            groups.append(cams)
    return groups


def _grown(tags: TagEvidence, root: int, first: Sequence[int], photos: set[int]) -> dict[int, np.ndarray]:
    """From the photos of one tag, whose frame and side are the world's, to all that others lead to."""
    cams = {photo: tags.squares[photo][root][0] for photo in first if tags.squares[photo][root]}
    for _ in range(len(photos)):
        placed = {**_alone(tags, cams), **place_tags(tags, cams), root: PlacedTag(np.eye(4), 1.0)}
        chosen = {
            photo: _best(tags, placed, photo)
            for photo in photos
            if tags.seen.of(photo).keys() & placed.keys()
        }
        more = {photo: cam for photo, cam in chosen.items() if cam is not None}
        is_done = more.keys() <= cams.keys()
        cams = {**cams, **more}
        if is_done:
            break
    for _ in range(ROUNDS):
        cams = _adjusted(tags, cams)
        placed = place_tags(tags, cams)
        best = {photo: _best(tags, placed, photo, cam) for photo, cam in cams.items()}
        turned = {photo: cam for photo, cam in best.items() if cam is not None}
        if all(np.array_equal(turned[photo], cam) for photo, cam in cams.items()):
            break
        cams = turned
    return {photo: cam for photo, cam in cams.items() if _fits(tags, place_tags(tags, cams), photo, cam)}


def _alone(tags: TagEvidence, cams: dict[int, np.ndarray]) -> dict[int, PlacedTag]:
    """Tags that a single photo shows, as large as the first one: photos beyond may hang on them."""
    return {
        number: PlacedTag(inverse_matrix(cam) @ tags.squares[photo][number][0], 1.0)
        for photo, cam in cams.items()
        for number in tags.seen.of(photo)
        if tags.squares[photo][number]
    }


def _best(
    tags: TagEvidence, placed: dict[int, PlacedTag], photo: int, here: np.ndarray | None = None
) -> np.ndarray | None:
    """Where a photo stands as one of its tags says, and all of them say best; None where none is placed."""
    offers = [] if here is None else [here]
    for number in tags.seen.of(photo).keys() & placed.keys():
        tag_from_world = inverse_matrix(placed[number].world_from_tag)
        for cam_from_tag, side in product(tags.squares[photo][number], [placed[number].side]):
            scaled = cam_from_tag.copy()
            scaled[:3, 3] *= side
            offers.append(scaled @ tag_from_world)
    return min(offers, key=lambda cam: misfit(tags, {photo: cam}, placed, [photo]), default=None)


def _adjusted(tags: TagEvidence, cams: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    numbers, squares = squares_of(tags, cams)
    if not numbers:
        return cams
    views = list(tags.views)
    nothing = Placement(cams, join_matches(views, {}), np.zeros((0, 3)), {})
    return adjust(views, nothing, squares, StatedCameras())[0].cams_from_world


def _fits(tags: TagEvidence, placed: dict[int, PlacedTag], photo: int, cam: np.ndarray) -> bool:
    """Whether one of its tags at least is where the others say."""
    return any(
        errors(tags, cam, placed[number], photo, number).max() < tags.options.off
        for number in tags.seen.of(photo).keys() & placed.keys()
    )
