"""Recovered cameras in the viewer: what is read, what is shown, and what is said without viser."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from objpose.cli.view import view
from objpose.errors import InputError, InputWarning
from objpose.geometry import SE3, Camera
from objpose.io import (
    PhotoCamera,
    SparsePoints,
    write_colmap,
    write_image,
    write_json,
    write_photo_cameras,
    write_transforms,
)
from objpose.splatting import save_splats
from objpose.viewing.camera_files import CameraResult, read_cameras
from objpose.viewing.cameras import UNKNOWN, CameraPanel, confidence_color, show_cameras, table
from tests.splatting.pictures import blob_splats

K = [[50.0, 0.0, 31.5], [0.0, 50.0, 23.5], [0.0, 0.0, 1.0]]


@pytest.fixture
def cameras() -> list[PhotoCamera]:
    camera = Camera.from_K(K, 64, 48)
    placed = [
        PhotoCamera(
            f"{x}.png",
            camera,
            SE3.from_rotation_translation(torch.eye(3), torch.tensor([float(x), 0, 2])).to(torch.float64),
            0.5,
        )
        for x in range(3)
    ]
    return [*placed, PhotoCamera("lost.png", camera, None, 0.0, "no overlap")]


@pytest.fixture
def points() -> SparsePoints:
    index = np.arange(2)
    return SparsePoints(np.eye(3)[:2], np.full((2, 3), 9, np.uint8), index, index, np.ones((2, 2)))


def test_all_three_forms_are_read(tmp_path: Path, cameras: list[PhotoCamera], points: SparsePoints) -> None:
    write_photo_cameras(tmp_path / "result" / "cameras.json", cameras)
    write_colmap(tmp_path / "result" / "colmap", cameras, points)
    write_transforms(tmp_path / "transforms.json", cameras)
    for path, count, num_points in (("result", 4, 2), ("result/colmap", 3, 2), ("transforms.json", 3, None)):
        found = read_cameras(tmp_path / path)
        assert len(found.cameras) == count
        assert (None if found.points is None else len(found.points.xyz)) == num_points
    with pytest.raises(InputError, match="no cameras"):
        read_cameras(tmp_path)


def test_a_result_says_where_its_photos_are_and_what_else_may_be(
    tmp_path: Path, cameras: list[PhotoCamera]
) -> None:
    write_photo_cameras(tmp_path / "cameras.json", cameras)
    moved = {"1.png": cameras[2].cam_from_world.matrix().tolist()}
    report = {"photos_folder": str(tmp_path), "alternatives": [{"belief": 0.3, "cams_from_world": moved}]}
    write_json(tmp_path / "report.json", report)
    found = read_cameras(tmp_path)
    assert found.photos == tmp_path
    assert found.placement(0) is found.cameras
    placed = {one.name: one.cam_from_world for one in found.placement(1) if one.cam_from_world is not None}
    assert list(placed) == ["1.png"]
    assert torch.equal(placed["1.png"].matrix(), cameras[2].cam_from_world.matrix())


def test_placed_cameras_stand_where_they_are(
    server, tmp_path: Path, cameras: list[PhotoCamera], points: SparsePoints
) -> None:
    for x in range(3):
        write_image(tmp_path / f"{x}.png", np.full((480, 640, 3), x, np.uint8))
    other = {camera.name: camera.cam_from_world for camera in cameras[:2]}
    panel = CameraPanel(server, CameraResult(cameras, points, alternatives=[(other, 0.4)]), tmp_path, 0.1)
    assert [frustum.name for frustum in panel.frustums] == [f"/cameras/{x}.png" for x in range(3)]
    frustum = panel.frustums[1]
    np.testing.assert_allclose(frustum.position, [-1.0, 0.0, -2.0], atol=1e-9)
    assert frustum.fov == pytest.approx(2 * np.arctan(24 / 50))
    assert frustum.image.shape == (192, 256, 3)
    panel.place(1)
    assert len(panel.frustums) == 2


def test_colours_run_from_red_to_green() -> None:
    reds, greens, _ = zip(*map(confidence_color, (0.0, 0.5, 1.0)), strict=True)
    assert list(reds) == sorted(reds, reverse=True) and list(greens) == sorted(greens)
    assert confidence_color(None) == UNKNOWN


def test_every_photo_stands_in_the_table(cameras: list[PhotoCamera]) -> None:
    words = table(cameras)
    assert "| 1.png | 0.50 |" in words and "| lost.png | 0.00 | no overlap |" in words


def test_photos_that_are_gone_are_told(server, tmp_path: Path, cameras: list[PhotoCamera]) -> None:
    with pytest.warns(InputWarning, match=r"no 0.png, and 3 more"):
        show_cameras(server, CameraResult(cameras, photos=tmp_path), None)


def test_viser_takes_it(server, tmp_path: Path, cameras: list[PhotoCamera], points: SparsePoints) -> None:
    save_splats(tmp_path / "splats.ply", blob_splats())
    show_cameras(server, CameraResult(cameras, points, splats=tmp_path / "splats.ply"), None)


def test_without_viser_it_says_what_to_install(
    tmp_path: Path, cameras: list[PhotoCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photo_cameras(tmp_path / "cameras.json", cameras)
    monkeypatch.setitem(sys.modules, "viser", None)
    outcome = CliRunner().invoke(view, [str(tmp_path)])
    assert isinstance(outcome.exception, InputError)
    assert "pip install viser" in str(outcome.exception)
