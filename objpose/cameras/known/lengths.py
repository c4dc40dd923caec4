"""Known distances between cameras."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from objpose.cameras.known.metre import Measure
from objpose.errors import InputError, warn_input

Length = tuple[str, str, float]  # two photos and the metres between their cameras


def check_lengths(lengths: Sequence[Length], names: Collection[str]) -> None:
    """InputError for lengths of no photos, of one photo, or of no length."""
    for first, second, metres in lengths:
        unknown = [name for name in (first, second) if name not in names]
        if unknown:
            raise InputError("known length", f"no photo {unknown[0]!r}", "names of photos", "check the names")
        if first == second:
            raise InputError("known length", f"{first} twice", "two photos", "check the names")
        if not metres > 0:
            raise InputError("known length", metres, "metres above 0", "measure between the two cameras")


def say_unused(lengths: Sequence[Length], placed: Collection[str]) -> None:
    """Warn of lengths that give no unit, as a photo of theirs is not among those of the answer's frame."""
    for first, second, _ in lengths:
        missing = [name for name in (first, second) if name not in placed]
        if missing:
            found = (
                f"no place for {' and '.join(missing)} in the frame of the others, so the length is not used"
            )
            cure = "measure between photos that are placed"
            warn_input(f"length between {first} and {second}", found, "two photos of one frame", cure)


def length_measures(
    lengths: Sequence[Length], centres: Mapping[str, np.ndarray], sigma: float
) -> list[Measure]:
    """Of the lengths between these cameras, (3,) by photo; sigma: share that a length may be off."""
    return [
        Measure(f"length between {a} and {b}", float(np.linalg.norm(centres[a] - centres[b])), metres, sigma)
        for a, b, metres in lengths
        if {a, b} <= centres.keys()
    ]
