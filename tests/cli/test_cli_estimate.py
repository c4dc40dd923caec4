"""`objpose estimate` on the example scene."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from click.testing import Result

from objpose.io import read_image
from tests.cli.conftest import command_line

Command = Callable[..., Result]


@pytest.fixture(scope="session")
def true_position(data: Path) -> np.ndarray:
    """(3,) of the object's origin in the camera, metres."""
    return np.array(json.loads((data / "truth.json").read_text())["cam_from_obj"])[:3, 3]


def test_finds_the_object_and_writes_poses_and_overlay(
    objpose_command: Command, estimate_arguments: dict[str, object], true_position: np.ndarray
) -> None:
    result = objpose_command(*command_line(estimate_arguments))
    assert result.exit_code == 0, result.stderr
    for word in ("confidence", "1 sigma", "cam_from_obj", "time:", "found/overlay.png"):
        assert word in result.stdout
    assert sorted(path.name for path in Path("found").iterdir()) == ["overlay.png", "poses.json"]
    best = json.loads(Path("found/poses.json").read_text())["poses"][0]
    assert np.linalg.norm(np.array(best["cam_from_obj"])[:3, 3] - true_position) < 0.01
    assert 0 <= best["confidence"] <= 1
    assert read_image("found/overlay.png").shape == (480, 640, 3)


def test_json_is_alone_on_stdout_and_repeats_for_a_seed(
    objpose_command: Command, estimate_arguments: dict[str, object]
) -> None:
    arguments = [*command_line({**estimate_arguments, "--out": None}), "--json", "--seed", 3]
    first, second = (json.loads(objpose_command(*arguments).stdout) for _ in range(2))
    assert first["seed"] == 3
    assert first["poses"][0]["cam_from_obj"] == second["poses"][0]["cam_from_obj"]
    assert list(Path.cwd().iterdir()) == []


# What is left out of the arguments, what comes in, how far off the position may be (metres), and how sure.
WAYS = {
    "a box": (["--mask"], ["--bbox", "194,126,296,196"], 0.01, 0.5),
    "a point": (["--mask"], ["--point", "340,250"], 0.01, 0.5),
    "a mask, no depth": (["--depth"], [], 0.05, 0.0),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_object_is_found_from_less(
    way: str, objpose_command: Command, estimate_arguments: dict[str, object], true_position: np.ndarray
) -> None:
    left_out, added, tolerance, confidence = WAYS[way]
    arguments = {**estimate_arguments, "--out": None} | dict.fromkeys(left_out)
    result = objpose_command(*command_line(arguments), *added, "--json")
    assert result.exit_code == 0, result.stderr
    best = json.loads(result.stdout)["poses"][0]
    assert np.linalg.norm(np.array(best["cam_from_obj"])[:3, 3] - true_position) < tolerance
    assert best["confidence"] >= confidence


def test_a_device_that_is_not_there_is_refused(
    objpose_command: Command, estimate_arguments: dict[str, object]
) -> None:
    result = objpose_command(*command_line(estimate_arguments), "--device", "gpu")
    assert result.exit_code == 2
    assert "error: device: found 'gpu', expected auto, cpu, cuda" in result.stderr


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """A mesh, in millimetres, of what is not in the picture: 0.1 m wide."""
    path = tmp_path / "ring.ply"
    trimesh.creation.torus(40, 10).export(path)
    return path


def test_objects_are_looked_for_and_the_one_that_is_not_there_is_named(
    objpose_command: Command,
    estimate_arguments: dict[str, object],
    true_position: np.ndarray,
    ring: Path,
) -> None:
    result = objpose_command(*command_line(estimate_arguments | {"--mask": None}), "--object", ring)
    assert result.exit_code == 0, result.stderr
    assert "watering_can: confidence" in result.stdout
    assert "ring: nothing in view is surely it" in result.stdout or "ring: not found" in result.stdout
    found = json.loads(Path("found/poses.json").read_text())
    assert list(found["not_found"]) == ["ring"]
    best = found["poses"][0]
    assert np.linalg.norm(np.array(best["cam_from_obj"])[:3, 3] - true_position) < 0.01
    assert best["object"] == "watering_can" and best["confidence"] >= 0.5


def test_depth_at_which_the_object_would_be_a_speck_is_told(
    objpose_command: Command, estimate_arguments: dict[str, object], ring: Path
) -> None:
    changed = {"--mask": None, "--out": None, "--object": ring, "--depth-scale": 0.01}
    result = objpose_command(*command_line(estimate_arguments | changed))
    assert result.exit_code == 0, result.stderr
    assert "pixels wide; check --depth-scale and --units" in result.stdout
