"""The contention benchmark, on a task of no time."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_contention_runs(capsys, monkeypatch):
    import contention

    task = contention.Task(("-c", "pass"), images=2)
    monkeypatch.setitem(contention.TASKS, "rgb", lambda data, out: task)
    costs = contention.main([".", "--tasks", "rgb", "--busy", "0", "1"])
    assert costs["rgb"].keys() == {0, 1}
    assert all(0 < cost.cpu < 5 and 0 < cost.wall < 5 for cost in costs["rgb"].values())
    assert capsys.readouterr().out.count("rgb") == 2


def test_a_task_that_fails_says_why(monkeypatch):
    import contention

    task = contention.Task(("-c", "raise SystemExit('no such data')"), images=1)
    monkeypatch.setitem(contention.TASKS, "rgb", lambda data, out: task)
    with pytest.raises(RuntimeError, match="no such data"):
        contention.measured("rgb", Path("."), 0, None)


def test_the_fair_time_is_the_share_of_the_cores(monkeypatch):
    import contention

    monkeypatch.setattr(contention.os, "cpu_count", lambda: 2)
    alone = contention.Cost(cpu=20.0, wall=10.0)  # two threads all the time
    assert [alone.fair(busy) for busy in (0, 2, 6)] == [10.0, 20.0, 40.0]
    assert contention.Cost(cpu=10.0, wall=10.0).fair(1) == 10.0  # a core for each
