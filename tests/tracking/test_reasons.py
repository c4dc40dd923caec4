"""Each status is explained in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.geometry import SE3
from objpose.tracking.evidence import Evidence
from objpose.tracking.fitting import Fit
from objpose.tracking.lifecycle import FOUND_AFTER, LOST_AFTER, Lifecycle
from objpose.tracking.reasons import reason

GOOD = Evidence(misfit=0.0, lines=1.0, agreement=1.0, hidden=0.0)


def fit(**changed: float) -> Fit:
    return Fit(SE3.identity(()), replace(GOOD, **changed), torch.eye(6))


def tracking() -> Lifecycle:
    life = Lifecycle()
    life.begin()
    return life


def doubting(chance: float = 0.4) -> Lifecycle:
    life = tracking()
    life.followed(chance, chance)
    return life


def lost() -> Lifecycle:
    life = tracking()
    for _ in range(LOST_AFTER):
        life.followed(0.0, 0.0)
    return life


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ({}, "outline agree (0.98)"),
        ({"surface": 1.0}, "outline and depth agree (0.98)"),
        ({"likeness": 0.9, "colourful": 0.9}, "outline and paint agree (0.98)"),
        ({"patches": 1.0, "followed": 1.0, "surface": 0.9}, "outline and depth and paint agree (0.98)"),
        ({"agreement": 0.2}, "what is in view agree (0.98)"),
        ({"patches": 1.0, "followed": 0.1, "agreement": 0.2}, "what is in view agree (0.98)"),
    ],
)
def test_what_is_trusted_is_said_why(evidence: dict[str, float], said: str) -> None:
    assert reason(tracking(), fit(**evidence), 0.98, "") == said


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ({"hidden": 0.6}, "60% of its outline is hidden"),
        ({"lines": 0.4}, "60% of its outline is out of view or beside another"),
        ({"agreement": 0.25}, "only 25% of its outline is where borders are"),
        ({"behind": 0.5}, "depth sees through 50% of it"),
        ({"colourful": 0.9, "likeness": 0.1}, "its paint is not there"),
        ({}, "its outline and paint agree a little only"),
    ],
)
def test_doubts_are_named(evidence: dict[str, float], said: str) -> None:
    assert reason(doubting(), fit(**evidence), 0.4, "") == f"the pose is doubtful (0.40): {said}"
    assert reason(lost(), fit(**evidence), 0.04, "") == f"the likeliest place is doubtful (0.04): {said}"


def test_what_may_be_turned_is_said_to_be_and_by_how_much() -> None:
    sure = replace(fit(colourful=0.9, likeness=0.9), turn=0.5)
    assert reason(doubting(), sure, sure.likely, "").startswith("its paint would show as well")
    round_ = replace(sure, share=0.5, turn=1.0)
    assert reason(doubting(), round_, round_.likely, "").startswith("one of several ways round")


def test_all_doubts_are_named() -> None:
    words = reason(doubting(), fit(hidden=0.5, lines=0.5, agreement=0.1, behind=0.9), 0.2, "")
    assert words.count(",") == 3 and all(word in words for word in ("hidden", "out of view", "only", "depth"))


def test_a_place_on_trial_is_counted() -> None:
    life = lost()
    for count in range(1, FOUND_AFTER):
        life.followed(0.95, 0.95)
        assert reason(life, fit(), 0.95, "") == f"a place agrees in {count} of {FOUND_AFTER} frames (0.95)"
    life.followed(0.95, 0.95)
    assert reason(life, fit(), 0.95, "") == "found again: outline agree (0.95)"
    life.followed(0.95, 0.95)
    assert reason(life, fit(), 0.95, "") == "outline agree (0.95)"


def test_what_was_not_seen() -> None:
    assert reason(Lifecycle(), None, 0.0, "") == "not seen yet"
    assert reason(lost(), None, 0.0, "") == "not seen where it was last"
    for life in (Lifecycle(), lost()):
        assert reason(life, None, 0.0, "rgb: all black").endswith(
            "; the whole picture says nothing: rgb: all black"
        )


def test_a_picture_that_could_not_be_searched_is_told_of_what_is_lost_too() -> None:
    told = reason(lost(), fit(agreement=0.2), 0.0, "mask 0: found nothing")
    assert told.startswith("the likeliest place is doubtful") and told.endswith("mask 0: found nothing")
