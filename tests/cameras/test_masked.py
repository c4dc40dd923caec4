"""Photos of a masked object: whose matches are asked, and that photos which outlines part are not sure."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from objpose.cameras import Photo, RecoverOptions, by_outlines, masked, recover_cameras
from objpose.cameras.asking import Answered
from objpose.features.local import MatchedPhotos
from tests.cameras.moving_object import CAMERA, rooms
from tests.cameras.photo_sets import few_keypoints, look_at_origin

WALKED = [look_at_origin(azimuth, 30, 3.0) for azimuth in (38, 46, 54)]
PAIRS = {(0, 1), (0, 2), (1, 2)}


@pytest.mark.parametrize(
    ("sure", "is_still", "asked", "answer"),
    [
        (PAIRS, True, ["own"], "own"),
        ({(0, 1)}, False, ["own"], "own"),
        ({(0, 1)}, True, ["own", "whole"], "beside"),
    ],
    ids=["all is sure", "they move otherwise", "they stand still"],
)
def test_surroundings_are_asked_where_they_help(
    monkeypatch: pytest.MonkeyPatch, sure: set, is_still: bool, asked: list[str], answer: str
) -> None:
    solvers = []

    def solve_told_first(_: object, solver: SimpleNamespace, *__: object) -> Answered:
        solvers.append(solver.name)
        solved = SimpleNamespace(name=solver.name, islands=[SimpleNamespace(reviews=range(3))])
        return Answered(solved, (), (), (), frozenset())

    def posed(name: str) -> masked.Posed:
        return masked.Posed(SimpleNamespace(name=name, options=None), [], MatchedPhotos([], {}, {}))

    monkeypatch.setattr(masked, "solve_told_first", solve_told_first)
    monkeypatch.setattr(masked, "parted_by_outlines", lambda solved, *_: solved)
    monkeypatch.setattr(masked, "_sure", lambda *_: sure)
    monkeypatch.setattr(masked, "stand_still", lambda *_: is_still)
    monkeypatch.setattr(masked, "joined_by_object", lambda *_: SimpleNamespace(name="beside"))
    answered = masked.solve_masked(posed("own"), [None] * 3, lambda: posed("whole"))
    assert (answered.solved.name, solvers) == (answer, asked)


def test_photos_that_outlines_part_are_not_sure_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.ones((CAMERA.height, CAMERA.width), dtype=bool)
    photos = [Photo(f"{i}.png", room, CAMERA, mask=mask) for i, room in enumerate(rooms(WALKED))]
    monkeypatch.setattr(by_outlines, "kept_together", lambda *_: {0: 0, 1: 0, 2: 1})
    found = recover_cameras(photos, matcher=few_keypoints(500), options=RecoverOptions(threads=1))
    assert found.pair_confidence[0, 1] > 0.9
    assert max(found.pair_confidence[0, 2], found.pair_confidence[1, 2]) <= 0.5
    assert by_outlines.CONTRADICTED in found.photos[2].reason
