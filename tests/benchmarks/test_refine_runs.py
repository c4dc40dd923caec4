"""The benchmarks of splats run, at their smallest size, and return what they print."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.slow("onboards, fits splats and refines on them")
def test_refine_runs(shared_data: Path, capsys) -> None:
    import refine

    records = refine.main([str(shared_data / "desk"), "--every", "70", "--raw", "--splats", "3000"])
    assert {mode for mode, _ in records} == {"rgb", "rgbd"}
    for (_, name), record in records.items():
        shares = [sum(home) for home in record.home.values()]
        assert len(shares) == len(refine.LEVELS)
        assert name != "unrefined" or sum(shares) == 0
    assert "splats, LM" in capsys.readouterr().out


@pytest.mark.slow("makes an object of views, and estimates with it")
def test_splat_objects_runs(shared_data: Path, capsys) -> None:
    import splat_objects

    splat_objects.main([str(shared_data / "desk"), "--objects", "4", "--steps", "4", "--size", "32"])
    assert "20 views, RGB-D" in capsys.readouterr().out


@pytest.mark.slow("makes objects of views, and estimates with them")
def test_view_objects_runs(shared_data: Path, capsys) -> None:
    import view_objects

    options = ["--objects", "7", "--every", "9", "--views", "12", "--size", "96"]
    view_objects.main([str(shared_data / "desk"), *options])
    printed = capsys.readouterr().out
    assert "RGB-D views" in printed and printed.count("AR (MSSD)") == 6
