"""The chance of a pose grows with what speaks for it."""

from __future__ import annotations

import math
import random
from dataclasses import fields, replace

import pytest

from objpose.tracking.evidence import RGB, RGBD, Evidence, chance, odds, terms

# What speaks for a pose, with more of it, and what against.
FOR = ("agreement", "likeness", "surface", "patches")
AGAINST = ("misfit", "hidden", "behind")
SHARES = ("lines", "agreement", "hidden", "colourful", "followed", "likeness", "patches")


def some(rng: random.Random, depth: bool) -> Evidence:
    shares = {name: rng.random() for name in SHARES}
    parts = [rng.random() if depth else 0.0 for _ in range(3)]
    total = max(sum(parts), 1e-9)
    surface, covered, behind = (part / total for part in parts)
    return Evidence(
        misfit=3 * rng.random(),
        surface=surface,
        covered=covered,
        behind=behind,
        **shares,
    )


@pytest.mark.parametrize("depth", [False, True])
def test_the_odds_never_fall_with_what_speaks_for_a_pose(depth: bool) -> None:
    rng, grown = random.Random(0), set()
    for _ in range(300):
        evidence = some(rng, depth)
        assert evidence.has_depth == depth
        for name in (*FOR, *AGAINST):
            if not depth and name in ("surface", "behind"):
                continue
            more = replace(evidence, **{name: getattr(evidence, name) + rng.random()})
            change = (odds(more) - odds(evidence)) * (1 if name in FOR else -1)
            assert change >= -1e-9, name
            grown |= {name} if change > 0 else set()
    assert "misfit" in grown and len(grown) > 1


def test_paint_that_is_not_there_speaks_against_a_colourful_object_only() -> None:
    plain, colourful = (
        replace(some(random.Random(1), False), colourful=colourful, likeness=-0.5) for colourful in (0.0, 1.0)
    )
    assert odds(colourful) < odds(plain)


def test_every_term_has_a_name_that_the_weights_know() -> None:
    known = terms(some(random.Random(0), True))
    for calibration in (RGB, RGBD):
        assert set(calibration.weights) <= set(known)
        assert all(weight >= 0 for weight in calibration.weights.values())


def test_depth_counts_where_there_is_any() -> None:
    rgb = replace(some(random.Random(2), False), misfit=0.05)
    assert odds(replace(rgb, surface=1.0)) > odds(replace(rgb, behind=1.0))
    assert chance(odds(replace(rgb, behind=1.0))) < 0.01  # seen through: it is not there


def test_a_chance_is_one() -> None:
    assert chance(0.0) == 0.5
    values = [chance(x) for x in (-math.inf, -1e6, -50, -3, -1e-3, 0, 2, 40, 1e6, math.inf)]
    assert values == sorted(values) and 0 <= values[0] < 1e-9 and 1 - 1e-9 < values[-1] <= 1
    for x in (0.1, 1.0, 7.0):
        assert chance(x) + chance(-x) == pytest.approx(1)
        assert math.log(chance(x) / chance(-x)) == pytest.approx(x)


def test_stats_name_all_that_is_known() -> None:
    evidence = some(random.Random(3), True)
    assert set(evidence.stats()) == {field.name for field in fields(Evidence)}
    assert Evidence(**evidence.stats()) == evidence
