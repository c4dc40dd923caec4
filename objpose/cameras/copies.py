"""Photos that show the same picture again: they tell nothing more, and would count as witnesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from objpose.cameras.known.known import Known
from objpose.cameras.recovered_scene import RecoveredScene
from objpose.cameras.scene.photos import Photo
from objpose.geometry import Camera

BLOCKS = 64  # along either side of a photo, whose mean greys are compared: noise is out of them
# Of 255, that no block may differ by: JPEG moves some block of real photos by 4 at the most, down to a
# quality of 75, and a step of one pixel by 7 at the least.
SAME_LEVELS = 4.0


def first_of_picture(photos: Sequence[Photo], known: Known) -> list[int]:
    """For every photo the first one that shows its picture, by index: itself where it is no copy.

    No photo that is known for itself is a copy, none where photos are steps of a turntable, and none where
    all show one picture: that tells of a camera that stood still.
    """
    named = _named(known, [photo.name for photo in photos])
    order = sorted(range(len(photos)), key=lambda index: (photos[index].name not in named, index))
    means = [_block_means(photo.image) for photo in photos]
    first = list(range(len(photos)))
    distinct: list[int] = []
    for index in order:
        may_be = photos[index].name not in named and known.turntable_step is None
        same = (one for one in distinct if may_be and _is_same(photos, means, one, index))
        first[index] = next(same, index)
        if first[index] == index:
            distinct.append(index)
    return first if len(distinct) > 1 else list(range(len(photos)))


def with_copies(scene: RecoveredScene, photos: Sequence[Photo], first: Sequence[int]) -> RecoveredScene:
    """The answer for all photos; scene: of those that are no copies, in order; first: as first_of_picture."""
    kept = [index for index, one in enumerate(first) if one == index]
    place = [kept.index(one) for one in first]
    answers = []
    for photo, original, row in zip(photos, first, place, strict=True):
        found = scene.photos[row]
        if photo is not photos[original] and found.cam_from_world is not None:
            told = f"shows the picture of {found.name} again, and tells nothing more"
            found = replace(found, reason=told if found.reason is None else f"{told}; {found.reason}")
        answers.append(replace(found, name=photo.name))
    points = replace(scene.points, photo=np.array(kept, dtype=np.int64)[scene.points.photo])
    confidence = scene.pair_confidence[place][:, place]
    return replace(
        scene, photos=tuple(answers), points=points, pair_confidence=confidence, sources=tuple(photos)
    )


def _named(known: Known, names: Sequence[str]) -> set[str]:
    """Photos that something is known of."""
    ends = {name for one, other, _ in known.lengths for name in (one, other)}
    at = set() if known.coin_at is None else {known.coin_at[0]}
    return {*known.cameras_of(names), *ends, *at}


def _block_means(image: np.ndarray) -> np.ndarray:
    """(rows, columns) mean greys of an image (H, W, 3), at most BLOCKS of either."""
    height, width = image.shape[:2]
    rows, columns = (
        np.unique(np.linspace(0, size, BLOCKS, endpoint=False, dtype=int)) for size in (height, width)
    )
    grey = image.mean(2)
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=0), columns, axis=1)
    return sums / np.outer(np.diff([*rows, height]), np.diff([*columns, width]))


def _is_same(photos: Sequence[Photo], means: Sequence[np.ndarray], a: int, b: int) -> bool:
    """Whether two photos of one camera, and of one mask, show one picture."""
    one, other = photos[a], photos[b]
    if one.image.shape != other.image.shape or one.focal_px != other.focal_px:
        return False
    if not _is_same_camera(one.camera, other.camera) or not _is_same_mask(one.mask, other.mask):
        return False
    return bool(np.abs(means[a] - means[b]).max() <= SAME_LEVELS)


def _is_same_mask(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _is_same_camera(one: Camera | None, other: Camera | None) -> bool:
    if one is None or other is None:
        return one is other
    is_same_lens = (one.distortion, one.fisheye) == (other.distortion, other.fisheye)
    return is_same_lens and torch.equal(one.K, other.K)
