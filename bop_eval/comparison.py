"""Whether one submission is better than another, or the images were kind to it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bop_eval.bootstrap import Interval, interval, two_sided_p
from bop_eval.report import Report


@dataclass(frozen=True)
class Difference:
    """Of one figure, of submission `first` less `second` (their places).

    interval: where it lies in 95 % of the draws, the same for both. p: how surprising it would be if there
    were none, after Holm's correction for the number of pairs compared.
    """

    first: int
    second: int
    figure: str
    value: float
    interval: Interval
    p: float


def differences(reports: Sequence[Report], figure: str) -> list[Difference]:
    """Every pair of submissions on one set, drawn alike (paired bootstrap).

    Raises:
        ValueError: reports without draws, or of other draws.
    """
    if len({(report.dataset, report.task, report.drawn) for report in reports}) > 1 or not reports[0].drawn:
        raise ValueError("the reports must be of one set and task, with the same draws")
    found = []
    for first, second in itertools.combinations(range(len(reports)), 2):
        value = reports[first].figures[figure] - reports[second].figures[figure]
        drawn = reports[first].samples[figure] - reports[second].samples[figure]
        found.append(Difference(first, second, figure, value, interval(drawn), two_sided_p(drawn)))
    return _corrected(found)


def _corrected(found: list[Difference]) -> list[Difference]:
    """Holm, "A simple sequentially rejective multiple test procedure", 1979."""
    order = np.argsort([one.p for one in found], kind="stable")
    corrected = [one.p for one in found]
    largest = 0.0
    for rank, place in enumerate(order.tolist()):
        largest = max(largest, min(1.0, found[place].p * (len(found) - rank)))
        corrected[place] = largest
    return [
        Difference(one.first, one.second, one.figure, one.value, one.interval, p)
        for one, p in zip(found, corrected, strict=True)
    ]
