"""`objpose track` with the tracker itself, on a video whose truth is known."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result

from objpose.geometry import SE3
from objpose.io import read_mesh, write_image
from objpose.raster import render_mesh
from tests.tracking.few_views import few_views

Command = Callable[..., Result]
K, WIDTH, HEIGHT, FRAMES = [[400.0, 0, 159.5], [0, 400.0, 119.5], [0, 0, 1]], 320, 240, 12
STEP = torch.tensor([0.004, 0.001, 0.003, 0.01, 0.02, 0.0])  # of a frame: metres and radians, camera axes


@pytest.fixture(scope="session")
def truth(data: Path) -> list[SE3]:
    """cam_from_obj of each frame: the can of the example scene, carried along."""
    first = SE3.from_matrix(json.loads((data / "truth.json").read_text())["cam_from_obj"])
    middle = SE3.from_rotation_translation(torch.eye(3), first.translation)
    moves = [middle @ SE3.exp(STEP * i) @ middle.inverse() for i in range(FRAMES)]
    return [move @ first for move in moves]


@pytest.fixture(scope="session")
def video(data: Path, truth: list[SE3], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Numbered pictures of the moving can before a plain wall, with noise, a camera file and the start."""
    folder = tmp_path_factory.mktemp("track")
    mesh, generator = read_mesh(data / "watering_can.glb"), torch.Generator().manual_seed(0)
    for i, cam_from_obj in enumerate(truth):
        render = render_mesh(
            mesh, cam_from_obj, torch.tensor(K), WIDTH, HEIGHT, outputs=("color",), supersample=2
        )
        assert render.color is not None
        picture = torch.where(render.mask[0][..., None], render.color[0], torch.tensor([0.7, 0.6, 0.5]))
        picture = picture + 0.02 * torch.randn(picture.shape, generator=generator)
        write_image(folder / "frames" / f"{i}.png", (255 * picture.clamp(0, 1)).byte().numpy())
    (folder / "camera.json").write_text(
        json.dumps({"K": np.ravel(K).tolist(), "width": WIDTH, "height": HEIGHT})
    )
    (folder / "start.json").write_text(json.dumps({"watering_can": truth[0].matrix().tolist()}))
    return folder


@pytest.fixture(autouse=True)
def of_few_views() -> Iterator[None]:
    with few_views():
        yield


def test_a_can_that_is_carried_along_is_followed(
    objpose_command: Command, video: Path, truth: list[SE3]
) -> None:
    result = objpose_command(
        "track", video / "frames", "--camera", video / "camera.json", "--start", video / "start.json",
        "--object", "watering_can", "--out", "found",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(Path("found/poses.csv").read_text().splitlines()))
    assert [row["status"] for row in rows] == ["tracking"] * FRAMES
    found = np.array([[float(row[axis]) for axis in ("tx_m", "ty_m", "tz_m")] for row in rows])
    errors = np.linalg.norm(found - torch.stack([one.translation for one in truth]).numpy(), axis=1)
    assert np.median(errors) < 0.005 and errors.max() < 0.015  # metres
    assert all(float(row["confidence"]) > 0.5 for row in rows)
    assert Path("found/strip.jpg").is_file() and Path("found/overlay.mp4").is_file()
