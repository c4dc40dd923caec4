"""`objpose cameras`: what it refuses, and that it writes its files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from objpose.cli import main
from objpose.io import read_photo_cameras
from objpose.raster import render_splats
from objpose.splatting import load_splats
from tests.cameras.photo_sets import corner_K, draw_corner, look_at_origin


def test_one_photo_is_a_clear_error(tmp_path):
    Image.fromarray(np.zeros((30, 40, 3), np.uint8)).save(tmp_path / "a.png")
    result = CliRunner().invoke(main, ["cameras", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "at least two" in result.output
    assert not (tmp_path / "out").exists()


def test_known_things_of_no_photo_are_clear_errors(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(np.zeros((30, 40, 3), np.uint8)).save(photos / name)
    entry = {"width": 40, "height": 30, "K": [[40, 0, 19.5], [0, 40, 14.5], [0, 0, 1]]}
    known = tmp_path / "known.json"
    known.write_text(json.dumps({"other.png": {**entry, "cam_from_world": np.eye(4).tolist()}}))
    asked = {
        "no photo 'other.png'": ["--known", str(known)],
        "no photo 'c.png'": ["--length", "a.png", "c.png", "0.5"],
        "object, which a turntable turns": ["--turntable", "--of", "scene"],
    }
    for message, options in asked.items():
        command = ["cameras", str(photos), "--out", str(tmp_path / "out"), *options]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2 and message in result.output


def test_two_photos_run(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for index, azimuth in enumerate((40, 50)):
        Image.fromarray(draw_corner(look_at_origin(azimuth, 30, 3.0))).save(photos / f"{index}.png")
    camera = tmp_path / "camera.json"
    camera.write_text(json.dumps({"K": corner_K().tolist(), "width": 400, "height": 300}))
    arguments = ["cameras", str(photos), "--intrinsics", str(camera), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "2 of 2 photos placed" in result.output
    written = json.loads((tmp_path / "out" / "cameras.json").read_text())
    assert set(written["0.png"]) >= {"width", "height", "K", "cam_from_world", "confidence"}
    assert (tmp_path / "out" / "colmap" / "points3D.bin").is_file()
    assert (tmp_path / "out" / "transforms.json").is_file()
    assert json.loads((tmp_path / "out" / "report.json").read_text())["weights"] == []


@pytest.mark.slow("recovers cameras and fits splats to their scene")
def test_splats_are_written_in_the_frame_of_the_cameras(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for index, azimuth in enumerate((38, 44, 50)):
        Image.fromarray(draw_corner(look_at_origin(azimuth, 30, 3.0))).save(photos / f"{index}.png")
    camera = tmp_path / "camera.json"
    camera.write_text(json.dumps({"K": corner_K().tolist(), "width": 400, "height": 300}))
    out = tmp_path / "out"
    arguments = ["cameras", str(photos), "--intrinsics", str(camera), "--splats", "--out", str(out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    splats = load_splats(out / "splats.ply")
    camera = read_photo_cameras(out / "cameras.json")["1.png"]
    small = camera.camera.resize(100, 75)
    drawn = render_splats(splats, camera.cam_from_world.to(torch.float32), small.K, 100, 75, antialias=True)
    photo = np.asarray(Image.open(photos / "1.png").resize((100, 75), Image.Resampling.BOX)) / 255
    assert np.abs(drawn.color[0].clamp(0, 1).numpy() - photo).mean() < 0.05


def test_a_wrong_matcher_names_the_choices(tmp_path):
    arguments = ["cameras", str(tmp_path), "--matcher", "superglue", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    for name in ("sift", "aliked+lightglue", "disk+lightglue", "xfeat", "loftr"):
        assert name in result.output
