"""Every example runs with no arguments, offline, and stays one short idea."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

import objpose
from objpose.objects import ObjectModel
from tests.conftest import REPOSITORY
from tests.example_object import MESH, onboarded_example
from tests.tracking.few_views import few_views

EXAMPLES = REPOSITORY / "examples"
PRINTS = {
    "estimate_pose": "confidence",
    "symmetry": "bottle with a painted stripe: none",
    "render_views": "12 views in",
    "camera_resize": "K halved by hand: 0.5000",
    "without_depth_or_mask": "mask, no depth",
    "recover_cameras": "4 of 4 photos placed",
    "track_video": "s lost ",
    "robot_approach": "lost, halt",
    "robot_pick": "ring: not picked",
    "realsense_track": "stand in for it",
    "unseen_cup": "found again as an object of its own",
    "one_reference": "depth in both: turned wrong by 0.",
    "bop_results": "read back: object 1, score 0.9",
}
# Minutes of rendering, whose parts tests/examples/test_example_data.py tests; and what the robots read.
MAKES_THE_DATA = {"make_example", "make_robot_data"}


@pytest.fixture
def onboarded_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but one load the can that all onboard in the same words, together with what others made of it."""
    real = objpose.onboard

    def onboard(mesh: object, *arguments: object, **options: object) -> ObjectModel:
        if (mesh, arguments, options) == (MESH, (), {"units": "m", "out": None}):
            return ObjectModel.load(onboarded_example()[1] / MESH.stem)
        return real(mesh, *arguments, **options)

    if request.getfixturevalue("name") != "estimate_pose":
        monkeypatch.setattr(objpose, "onboard", onboard)


@pytest.fixture(autouse=True)
def of_few_views() -> Iterator[None]:
    with few_views():
        yield


def test_every_example_is_listed_here() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.py")} - {"__init__"} - MAKES_THE_DATA
    assert names == set(PRINTS)


@pytest.mark.parametrize("name", PRINTS)
def test_example_runs(
    name: str,
    onboarded_once: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert PRINTS[name] in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_example_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 80
