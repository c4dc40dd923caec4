"""`objpose view`: what it reads, what it shows, and what it says without viser."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from objpose.cli.view import read_result, show, show_splats, start_server, view
from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io import (
    PhotoCamera,
    SparsePoints,
    write_colmap,
    write_image,
    write_photo_cameras,
    write_transforms,
)
from objpose.splatting import save_splats
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
        found, found_points = read_result(tmp_path / path)
        assert len(found) == count
        assert (None if found_points is None else len(found_points.xyz)) == num_points
    with pytest.raises(InputError, match="no cameras"):
        read_result(tmp_path)


class Scene:
    """Stands for viser's scene: keeps what it is given."""

    def __init__(self) -> None:
        self.frustums, self.clouds = {}, {}
        self.scene = self

    def add_camera_frustum(self, name: str, **shape) -> None:
        self.frustums[name] = shape

    def add_point_cloud(self, name: str, points: np.ndarray, colors: np.ndarray, point_size: float) -> None:
        self.clouds[name] = (points, colors, point_size)


def test_placed_cameras_stand_where_they_are(
    tmp_path: Path, cameras: list[PhotoCamera], points: SparsePoints
) -> None:
    for x in range(3):
        write_image(tmp_path / f"{x}.png", np.full((480, 640, 3), x, np.uint8))
    server = Scene()
    show(server, cameras, points, tmp_path)
    assert list(server.frustums) == ["/cameras/0.png", "/cameras/1.png", "/cameras/2.png"]
    frustum = server.frustums["/cameras/1.png"]
    np.testing.assert_allclose(frustum["position"], [-1.0, 0.0, -2.0], atol=1e-9)
    assert frustum["fov"] == pytest.approx(2 * np.arctan(24 / 50))
    assert frustum["image"].shape == (192, 256, 3)
    np.testing.assert_array_equal(server.clouds["/points"][0], points.xyz)


def test_viser_takes_it(tmp_path: Path, cameras: list[PhotoCamera], points: SparsePoints) -> None:
    pytest.importorskip("viser", reason="the web viewer is optional")
    server = start_server(0)
    try:
        show(server, cameras, points, None)
        save_splats(tmp_path / "splats.ply", blob_splats())
        show_splats(server, tmp_path / "splats.ply")
    finally:
        server.stop()


def test_without_viser_it_says_what_to_install(
    tmp_path: Path, cameras: list[PhotoCamera], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photo_cameras(tmp_path / "cameras.json", cameras)
    monkeypatch.setitem(sys.modules, "viser", None)
    outcome = CliRunner().invoke(view, [str(tmp_path)])
    assert isinstance(outcome.exception, InputError)
    assert "pip install viser" in str(outcome.exception)
