"""The tags of all photos, and what is said of them where they cannot be used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

import numpy as np

from objpose.cameras.scene.photos import Photo
from objpose.cameras.tags.detection import find_tags, opencv
from objpose.errors import warn_input
from objpose.work import share


def tags_in(photos: Sequence[Photo], family: str, asked: Collection[int] = ()) -> list[dict[int, np.ndarray]]:
    """Of each photo the corners (4, 2) of its tags by id, less ids that one photo shows twice.

    asked: ids that are there for sure. Warns of what is not found, and where no two photos show one tag.

    Raises:
        InputError: OpenCV is not installed.
    """
    opencv()
    found = share(partial(find_tags, family=family), [photo.image for photo in photos])
    twice = {number: photo.name for photo, one in zip(photos, found, strict=True) for number in one.twice}
    for number, name in sorted(twice.items()):
        told = f"the id twice in {name}, so the tag is not used"
        warn_input(f"tag {number}", told, "each id once in the scene", "cover one of the two")
    tags = [
        {number: corners for number, corners in one.corners.items() if number not in twice} for one in found
    ]
    every = [number for one in tags for number in one]
    if not any(every.count(number) > 1 for number in every):
        told = f"{len(every)} tags, none in two photos" if every else f"none in {len(photos)} photos"
        cure = "name the family that they were printed from, or move nearer"
        warn_input(f"tags of family {family}", told, "tags that two photos show", cure)
    for number in sorted(set(asked) - set(every) - twice.keys()):
        warn_input(f"tag {number}", "it in no photo", "tags that the photos show", "correct the id")
    return tags
