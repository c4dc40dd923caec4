"""`objpose reference` on the example scene."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from objpose.cli import main


def run(*arguments: object) -> object:
    return CliRunner().invoke(main, ["reference", *map(str, arguments)])


@pytest.fixture
def shown(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The example photo as a reference, its target too: the object has not turned."""
    monkeypatch.chdir(tmp_path)
    photo = data / "rgb.png"
    return [photo, "--camera", data / "camera.json", "--mask", data / "mask.png", "--target", photo]


def test_json_has_the_pose_its_confidence_and_why(data: Path, shown: list[object]) -> None:
    result = run(*shown, "--target-mask", data / "mask.png", "--json")
    assert result.exit_code == 0, result.stderr
    [found] = json.loads(result.stdout)["poses"]
    np.testing.assert_allclose(np.array(found["cam_from_obj"])[:3, :3], np.eye(3), atol=0.02)
    assert not found["is_metric"] and "unknown" in found["scale"] and "matches agree" in found["reason"]
    assert list(Path.cwd().iterdir()) == []


def test_depth_gives_metres_and_files_are_written(data: Path, shown: list[object]) -> None:
    depth = ["--depth", data / "depth.png", "--target-mask", data / "mask.png", "--out", "found"]
    result = run(*shown, *depth)
    assert result.exit_code == 0, result.stderr
    for word in ("confidence", "cam_from_obj (metres)", "why:", "the reference's depth"):
        assert word in result.stdout
    assert sorted(path.name for path in Path("found").iterdir()) == ["overlay.png", "poses.json"]


def test_where_the_object_is_must_be_said(data: Path, shown: list[object]) -> None:
    without = [one for one in shown if one not in ("--mask", data / "mask.png")]
    result = run(*without)
    assert result.exit_code == 2 and "--mask" in result.stderr
