"""A server of the viewer on a free port, and a small answer as files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from objpose.cli.report import pose_records
from objpose.estimator import Alternative, PoseEstimate
from objpose.geometry import SE3, SO3
from objpose.io import write_image, write_json
from objpose.viewing.server import start_server
from objpose.viewing.sources import FrameSource, estimate_inputs
from tests.synthetic import CAMERA, HEIGHT, WIDTH, looking, make_scene, onboarded

NAME = "printed_box"


@pytest.fixture
def server() -> Iterator:
    pytest.importorskip("viser", reason="the web viewer is optional")
    started = start_server(0)
    yield started
    started.stop()


def estimate(cam_from_obj: SE3) -> PoseEstimate:
    """Of the printed box, with its half turn as the one rival."""
    half_turn = SE3.from_rotation_translation(SO3.exp(torch.tensor([0.0, 0.0, torch.pi])), torch.zeros(3))
    rival = Alternative(cam_from_obj @ half_turn, 0.7, 0.25)
    covariance = torch.diag(torch.tensor([1e-6, 1e-6, 9e-6, 1e-4, 1e-4, 1e-2]))
    return PoseEstimate(
        NAME, cam_from_obj, 0.6, covariance, 0.8, 0, (rival,), 0.5, 0.75, "half a turn about (0, 0, 1)"
    )


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """poses.json of the printed box and what it names."""
    model = onboarded(NAME)
    scene = make_scene(model.mesh, looking(0))
    write_image(tmp_path / "rgb.png", scene.frame.rgb.numpy())
    camera = {"width": WIDTH, "height": HEIGHT, "K": CAMERA.K.tolist()}
    (tmp_path / "camera.json").write_text(json.dumps(camera))
    stored = replace(model, folder=model.save(tmp_path / "templates" / NAME))
    source = FrameSource(tmp_path / "rgb.png", tmp_path / "camera.json", None, None)
    poses = pose_records([estimate(scene.cam_from_obj)])
    inputs = estimate_inputs(source, [stored], [NAME])
    write_json(tmp_path / "found" / "poses.json", {"inputs": inputs, "poses": poses})
    return tmp_path / "found" / "poses.json"
