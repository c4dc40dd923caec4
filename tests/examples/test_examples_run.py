"""Every example runs with no arguments, offline, and stays one short idea."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
PRINTS = {
    "estimate_pose": "confidence",
    "symmetry": "bottle with a painted stripe: none",
    "render_views": "12 views in",
    "camera_resize": "K halved by hand: 0.5000",
    "without_depth_or_mask": "mask, no depth",
    "recover_cameras": "4 of 4 photos placed",
    "track_video": "s lost ",
    "one_reference": "depth in both: turned wrong by 0.",
    "robot_pick": "lost, halt",
    "bop_results": "read back: object 1, score 0.9",
}
MAKES_THE_DATA = "make_example"  # minutes of rendering; tests/examples/test_example_data.py tests its parts


def test_every_example_is_listed_here() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")} - {"__init__", MAKES_THE_DATA}
    assert names == set(PRINTS)


@pytest.mark.parametrize("name", PRINTS)
def test_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert PRINTS[name] in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_example_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 80
