"""How long a metre is: what was measured of the scene, weighed against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from objpose.cameras.known.contradiction import Contradiction

SIGMAS = 3.0  # that a measure may be off the others


class Measure(NamedTuple):
    """what: was measured; found: world units; metres: stated; sigma: share that both may be apart."""

    what: str
    found: float
    metres: float
    sigma: float


def metre_of(
    measures: Sequence[Measure], unit: float | None = None
) -> tuple[float | None, list[Contradiction]]:
    """World units a metre, None where no measure fits, and the measures that do not.

    unit: world units a metre where that is known already. Without, the measure that fits the others least
    goes first, of two the later.
    """
    logs = np.log([max(one.found, 1e-12) / one.metres for one in measures])
    sigmas, kept = np.array([one.sigma for one in measures]), list(range(len(measures)))
    against: list[Contradiction] = []
    while kept:
        offs = {one: _off(logs, sigmas, kept, one, unit) for one in kept}
        worst = max(reversed(kept), key=offs.__getitem__)
        if offs[worst] <= SIGMAS:
            break
        others = [one for one in kept if one != worst]
        metre = unit or float(np.exp(_mean(logs[others], sigmas[others])[0]))
        what, found, metres, _ = measures[worst]
        against.append(Contradiction(what, f"{metres:.4g} m", f"{found / metre:.4g} m", offs[worst]))
        kept.remove(worst)
    return (float(np.exp(_mean(logs[kept], sigmas[kept])[0])) if kept else None), against


def _mean(logs: np.ndarray, sigmas: np.ndarray) -> tuple[float, float]:
    """Of most weight to what is known best, and its standard deviation."""
    weights = 1.0 / sigmas**2
    return float((weights * logs).sum() / weights.sum()), float(1.0 / np.sqrt(weights.sum()))


def _off(logs: np.ndarray, sigmas: np.ndarray, kept: list[int], one: int, unit: float | None) -> float:
    """Sigmas that a measure is off the unit, or off the mean of the others; 0 without others."""
    others = [other for other in kept if other != one]
    if unit is not None:
        return float(abs(logs[one] - np.log(unit)) / sigmas[one])
    if not others:
        return 0.0
    mean, sigma = _mean(logs[others], sigmas[others])
    return float(abs(logs[one] - mean) / np.hypot(sigmas[one], sigma))
