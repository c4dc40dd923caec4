"""`objpose category` on the mug of the example scene."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from examples.studio.stage import actors, cam_from_world
from objpose.cli import main
from objpose.io import read_image

MUG = "52,165,112,108"
Command = Callable[..., Result]


@pytest.fixture
def category(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `objpose category` on the example scene in an empty folder."""
    monkeypatch.chdir(tmp_path)
    given = ["category", str(data / "rgb.png"), "--depth", str(data / "depth.png")]
    given += ["--camera", str(data / "camera.json")]
    return lambda *arguments: CliRunner().invoke(main, [*given, *arguments])


def test_the_mug_is_found_and_measured(category: Command) -> None:
    result = category("--category", "cup", "--bbox", MUG, "--json", "--out", "found")
    assert result.exit_code == 0, result.stderr
    [found] = json.loads(result.stdout)["poses"]
    mug = next(actor for actor in actors() if actor.name == "mug")
    low, high = mug.part.vertices.min(0), mug.part.vertices.max(0)
    cam_from_obj = cam_from_world() @ mug.world_from_obj()
    assert found["size"] == pytest.approx(list(high - low), rel=0.08)
    middle = cam_from_obj[:3, :3] @ ((low + high) / 2) + cam_from_obj[:3, 3]
    assert np.linalg.norm(np.array(found["cam_from_obj"])[:3, 3] - middle) < 0.01
    # Both axes that tell how it lies: up, and to the handle.
    turned = np.array(found["cam_from_obj"])[:3, :3].T @ cam_from_obj[:3, :3]
    assert turned[2, 2] > np.cos(np.radians(8)) and turned[0, 0] > np.cos(np.radians(8))
    assert 0 <= found["confidence"] <= 1
    assert read_image("found/overlay.png").shape == (480, 640, 3)


def test_words_tell_the_size(category: Command) -> None:
    result = category("--category", "cup", "--bbox", MUG)
    assert result.exit_code == 0, result.stderr
    for word in ("cup: confidence", "size: ", "cm, 1 sigma", "written to objpose_output/poses.json"):
        assert word in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--category", "mug", "--bbox", MUG], "expected one of bottle, bowl, box, can, cup"),
        (["--category", "cup"], "found no place, expected where it is in the image"),
        (["--category", "cup", "--bbox", MUG, "--point", "100,200"], "say where to look once"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(category: Command, arguments: list[str], words: str) -> None:
    result = category(*arguments)
    assert result.exit_code == 2 and words in result.stderr
