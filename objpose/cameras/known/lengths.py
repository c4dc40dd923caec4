"""Known distances between cameras: how long a metre is, and which of them do not fit the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from objpose.cameras.known.contradiction import Contradiction
from objpose.errors import InputError, warn_input

Length = tuple[str, str, float]  # two photos and the metres between their cameras
SIGMAS = 3.0  # that a length may be off the others


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


def metre_of(
    lengths: Sequence[Length], centres: Mapping[str, np.ndarray], sigma: float, unit: float | None = None
) -> tuple[float | None, list[Contradiction]]:
    """World units a metre, None where no length between these cameras fits, and the lengths that do not.

    centres: (3,) of the cameras by photo; sigma: share that a length may be off; unit: world units a metre
    where that is known already. Without, the length that fits the others least goes first, of two the later.
    """
    inside = [one for one in lengths if {one[0], one[1]} <= centres.keys()]
    found = np.array([np.linalg.norm(centres[a] - centres[b]) for a, b, _ in inside])
    stated = np.array([metres for _, _, metres in inside])
    logs, kept = np.log(np.maximum(found, 1e-12) / stated), list(range(len(inside)))
    against: list[Contradiction] = []
    while kept:
        offs = {one: _off(logs, kept, one, sigma, unit) for one in kept}
        worst = max(reversed(kept), key=offs.__getitem__)
        if offs[worst] <= SIGMAS:
            break
        metre = unit or float(np.exp(logs[[one for one in kept if one != worst]].mean()))
        a, b, metres = inside[worst]
        told = f"{found[worst] / metre:.4g} m", f"{metres:.4g} m"
        against.append(Contradiction(f"length between {a} and {b}", told[1], told[0], offs[worst]))
        kept.remove(worst)
    return (float(np.exp(logs[kept].mean())) if kept else None), against


def _off(logs: np.ndarray, kept: list[int], one: int, sigma: float, unit: float | None) -> float:
    """Sigmas that a length is off the unit, or off the mean of the others; 0 without others."""
    others = [other for other in kept if other != one]
    if unit is not None:
        return float(abs(logs[one] - np.log(unit)) / sigma)
    if not others:
        return 0.0
    return float(abs(logs[one] - logs[others].mean()) / (sigma * np.sqrt(1.0 + 1.0 / len(others))))
