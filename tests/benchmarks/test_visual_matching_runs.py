"""The benchmark of visual matching runs, at its smallest size, and returns what it prints."""

from __future__ import annotations

import pytest


@pytest.mark.slow("onboards objects, and registers by every descriptor")
def test_visual_matching_runs(capsys):
    import visual_matching

    outcomes = visual_matching.main(["--scenes", "1", "--seed", "9", "--views", "6"])
    assert set(outcomes) == {"none", "patches"}
    assert all(found.whole and found.any >= found.first for [found] in outcomes.values())
    assert "patches" in capsys.readouterr().out
