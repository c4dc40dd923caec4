"""What the tags of a placement say of its unit, and which of them do not stand where the others say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from objpose.cameras.known.contradiction import Contradiction
from objpose.cameras.known.metre import Measure
from objpose.cameras.tags.evidence import TagEvidence
from objpose.cameras.tags.placed import PlacedTag, errors, place_tags


class TagsSay(NamedTuple):
    """measures: of the tags of known size; moved: those that stand elsewhere in some photo."""

    measures: list[Measure]
    moved: list[Contradiction]


def tags_say(
    tags: TagEvidence, cams_from_world: Mapping[int, np.ndarray], side_of: Callable[[int], float | None]
) -> TagsSay:
    """Of the tags that two placed photos show; side_of: metres by id, None where unknown."""
    options, measures, moved = tags.options, [], []
    for number, placed in place_tags(tags, cams_from_world).items():
        photos = [photo for photo in tags.seen.showing(number) if photo in cams_from_world]
        off = {photo: _off(tags, cams_from_world[photo], placed, photo, number) for photo in photos}
        worst = max(off, key=off.__getitem__)
        if off[worst] > options.off:
            moved.append(_moved(tags, number, worst, off[worst]))
            continue
        side = side_of(number)
        if side is not None:
            sigma = float(np.hypot(options.sigma, _sigma(tags, number, photos)))
            measures.append(Measure(f"side of tag {number}", placed.side, side, sigma))
    return TagsSay(measures, moved)


def _off(tags: TagEvidence, cam: np.ndarray, placed: PlacedTag, photo: int, number: int) -> float:
    return float(errors(tags, cam, placed, photo, number).max())


def _moved(tags: TagEvidence, number: int, photo: int, off: float) -> Contradiction:
    view = tags.views[photo]
    told = f"{off * view.tolerance_px:.0f} px from its place in {view.name}"
    return Contradiction(f"tag {number}", "in one place for all photos", told, off / tags.options.noise)


def _sigma(tags: TagEvidence, number: int, photos: Sequence[int]) -> float:
    """Share that the side is off by the noise of its corners, by the photo that shows it largest."""
    sizes = []
    for photo in photos:
        rays = tags.rays(photo, number)
        sizes.append(
            np.linalg.norm(rays - np.roll(rays, 1, axis=0), axis=1).mean() / tags.views[photo].tolerance
        )
    return tags.options.noise / max(sizes)
