"""`objpose demo`: the whole way on the example data."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result

from objpose import SE3, SO3
from objpose.cli.demo import pose_errors
from objpose.io import read_image
from tests.bop_set import cube


def test_the_demo_finds_the_watering_can(objpose_command: Callable[..., Result]) -> None:
    result = objpose_command("demo")
    assert result.exit_code == 0, result.stderr
    for step in ("1/4", "2/4", "3/4", "4/4", "confidence", "error against the truth", "overlay.png"):
        assert step in result.stdout
    written = json.loads(Path("demo_output/poses.json").read_text())
    assert written["error"]["add_m"] < 0.02 * 0.272  # ADD counts a pose as right below 10 % of the diameter
    assert written["error"]["rotation_deg"] < 2
    assert read_image("demo_output/overlay.png").shape == (480, 640, 3)


def test_without_the_repository_the_demo_says_where_its_data_is(
    objpose_command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.import_module("objpose.cli.demo"), "REPOSITORY", tmp_path)
    result = objpose_command("demo")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: example data") and "clone the repository" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_pose_errors_are_those_of_a_known_motion() -> None:
    true_cam_from_obj = SE3.from_rotation_translation(
        SO3.exp(torch.tensor([0.3, -1.0, 0.5])), torch.tensor([0.1, 0.2, 0.8])
    )
    pushed = SE3.exp(torch.tensor([0.003, 0.0, 0.004, 0.0, 0.0, 0.0])) @ true_cam_from_obj
    errors = pose_errors(pushed, true_cam_from_obj, cube(0.05))
    assert errors["position_m"] == pytest.approx(0.005, rel=1e-4)
    assert errors["add_m"] == pytest.approx(0.005, rel=1e-4)
    assert errors["rotation_deg"] == pytest.approx(0.0, abs=0.05)
    turned = true_cam_from_obj @ SE3.exp(torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, torch.pi / 6]))
    errors = pose_errors(turned, true_cam_from_obj, cube(0.05))
    assert errors["rotation_deg"] == pytest.approx(30.0, rel=1e-3)
    assert errors["position_m"] == pytest.approx(0.0, abs=1e-6)
    # every corner of the cube lies 0.05 sqrt(2) from the z axis, and a chord of 30 deg is 2 sin(15 deg)
    assert errors["add_m"] == pytest.approx(0.05 * 2**0.5 * 2 * 0.258819, rel=1e-3)
