"""Which factor makes depth, focal length and object agree, and on whose side it lies.

A wrong unit of the mesh scales the object alone, a wrong depth scale the scene with it: both give the same
ratio of apparent to true size. What is left to tell them apart is how large objects are, how far depth
cameras look and in what steps they store what they see. Where that does not decide, both are named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from objpose.checking.apparent import Apparent
from objpose.checking.finding import Finding, times
from objpose.frame import FARTHEST_MEDIAN_DEPTH, NEAREST_MEDIAN_DEPTH

# Factors by which people are wrong, and the cost of each: how much rarer it is, in nats.
MESH_FACTORS: dict[float, float] = {10: 1.0, 25.4: 1.0, 100: 1.5, 1000: 1.0, 2.54: 3.0, 39.37: 3.0}
DEPTH_FACTORS: dict[float, float] = {10: 1.0, 1000: 1.0, 100: 2.5, 4: 3.0, 5: 2.5, 1e6: 3.0}
FOCAL_FACTORS: dict[float, float] = {2: 1.0, 3: 2.0, 4: 2.5, 1.5: 2.5}
RANGE_FACTORS = (10, 100, 1000, 1e4, 1e5, 1e6)  # of depth alone
# What is usual, as a mean and a factor of spread: objects that are handled, and where they are looked at.
OBJECT, OBJECT_SPREAD = 0.15, 2.5
DISTANCE, DISTANCE_SPREAD = 0.7, 2.0
STEPS = (0.00004, 0.004)  # metres: the units that depth cameras store, and a coarse disparity's
ODD_STEP = 2.0  # nats against a step beyond those
CONTINUOUS = 2e-6  # of the depth: finer steps are rounding, and depth was never stored in units
# Spread of the logarithm of apparent over true size of a right input: larger, smaller, smaller when hidden.
ABOVE, BELOW, HIDDEN = 0.13, 0.14, 0.45
FAR_FROM = 5.0  # nats by which a factor must explain the size better than a right input would
RIVAL = 2.0  # nats within which a second cause is named too
BEYOND = 1.6  # times the size that an object can have: where no factor fits, the mask covers more than it


@dataclass(frozen=True)
class Hypothesis:
    cause: str  # "mesh unit", "depth scale", "K focal length", or "" for a right input
    factor: float  # by which apparent over true size is off on its account
    rarity: float


def check_scale(seen: Apparent, step: float | None) -> list[Finding]:
    """step: metres between neighbouring stored depths, None where they are continuous."""
    costs = {hypothesis: _cost(hypothesis, seen, step) for hypothesis in _hypotheses()}
    right = Hypothesis("", 1.0, 0.0)
    best = min(costs, key=costs.__getitem__)
    if _cost(right, seen, step) < costs[best] + FAR_FROM:
        return []
    ranked = sorted(costs, key=costs.__getitem__)
    rivals = {h.cause: h for h in reversed(ranked) if costs[h] < costs[best] + RIVAL}
    if _misses(best, seen):
        return [_unexplained(seen)]
    findings = [_finding(h, seen) for h in sorted(rivals.values(), key=costs.__getitem__)]
    return findings if len(findings) == 1 else [replace(f, certainty="possible") for f in findings]


def stored_step(depth: np.ndarray) -> float | None:
    """Metres between neighbouring stored depths (H, W), 0 = missing; None where they are continuous."""
    values = np.unique(depth[depth > 0])
    if len(values) < 2:
        return None
    step = float(np.percentile(np.diff(values.astype(np.float64)), 10))
    return step if step > CONTINUOUS * float(np.median(values)) else None


def check_range(median: float) -> Finding | None:
    """A median depth that no camera measures, of a picture whose object is not known."""
    if NEAREST_MEDIAN_DEPTH < median < FARTHEST_MEDIAN_DEPTH:
        return None
    factor = min(RANGE_FACTORS, key=lambda f: _far(median, f))
    wrong_by = float(factor) if median > DISTANCE else 1 / factor
    return Finding(
        "depth scale",
        "depth",
        f"a median of {median:.3g} m",
        "a scene of some metres",
        _depth_cure(wrong_by),
        wrong_by,
    )


def _far(median: float, factor: float) -> float:
    return abs(math.log((median / factor if median > DISTANCE else median * factor) / DISTANCE))


def _hypotheses() -> Iterator[Hypothesis]:
    kinds = {"mesh unit": MESH_FACTORS, "depth scale": DEPTH_FACTORS, "K focal length": FOCAL_FACTORS}
    for cause, factors in kinds.items():
        for factor, rarity in factors.items():
            yield Hypothesis(cause, float(factor), rarity)
            yield Hypothesis(cause, 1 / factor, rarity)


def _cost(hypothesis: Hypothesis, seen: Apparent, step: float | None) -> float:
    """Nats against it: the size left over, the sizes and distances it implies, how rare it is."""
    diameter = seen.diameter * (hypothesis.factor if hypothesis.cause == "mesh unit" else 1)
    shrunk = hypothesis.factor if hypothesis.cause == "depth scale" else 1
    cost = hypothesis.rarity + _residual(hypothesis, seen)
    cost += 0.5 * (math.log(diameter / OBJECT) / math.log(OBJECT_SPREAD)) ** 2
    cost += 0.5 * (math.log(seen.depth / shrunk / DISTANCE) / math.log(DISTANCE_SPREAD)) ** 2
    if step is not None and not STEPS[0] <= step / shrunk <= STEPS[1]:
        cost += ODD_STEP
    return cost


def _residual(hypothesis: Hypothesis, seen: Apparent) -> float:
    left = math.log(seen.ratio / hypothesis.factor)
    usual = ABOVE if left > 0 else BELOW if seen.is_whole else HIDDEN
    return 0.5 * left**2 / (usual**2 + seen.doubt**2)


def misfit(seen: Apparent) -> float:
    """Nats against the size that is seen, as that of a right input: little where an object may be hidden."""
    return _residual(Hypothesis("", 1.0, 0.0), seen)


def _misses(best: Hypothesis, seen: Apparent) -> bool:
    return _residual(best, seen) > FAR_FROM / 2


def _unexplained(seen: Apparent) -> Finding:
    found = f"{seen.ratio * seen.diameter:.3g} m across at {seen.depth:.3g} m"
    expected = f"an object of {seen.diameter:.3g} m"
    cure = "check that the mask shows this object alone; then the mesh's unit, the depth scale and K"
    return Finding("mask extent", "mask", found, expected, cure, seen.ratio, "possible")


def _finding(hypothesis: Hypothesis, seen: Apparent) -> Finding:
    across, distance, diameter = (
        _length(value) for value in (seen.ratio * seen.diameter, seen.depth, seen.diameter)
    )
    seen_as = f"what the mask shows {across} across at {distance}"
    k = hypothesis.factor
    if hypothesis.cause == "mesh unit":
        found = f"{diameter} across, {times(1 / k)} for {seen_as}"
        cure = f"onboard the mesh in its own unit (--units): {_changed('its size', k)}"
        return Finding("mesh unit", "object", found, "the size that the depth shows", cure, 1 / k)
    if hypothesis.cause == "depth scale":
        found = f"{seen_as}, {times(k)} for an object of {diameter}"
        return Finding("depth scale", "depth", found, "the size of the object", _depth_cure(k), k)
    found = f"{seen_as}, {times(k)} for an object of {diameter}"
    cure = f"{_changed('fx and fy', k)}: K is of another resolution, or the mesh of another object"
    return Finding("K focal length", "camera", found, "the size of the object", cure, 1 / k)


def _depth_cure(k: float) -> str:
    return (
        f"{_changed('the depth scale', 1 / k)}: it is metres per stored unit (--depth-scale, 0.001 for "
        "millimetres), in a camera file millimetres per unit"
    )


def _changed(what: str, factor: float) -> str:
    return f"multiply {what} by {factor:.4g}" if factor > 1 else f"divide {what} by {1 / factor:.4g}"


def _length(metres: float) -> str:
    return f"{metres * 1e3:.3g} mm" if metres < 0.1 else f"{metres:.3g} m"
