"""`objpose cameras`: what it refuses, and that it writes its files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from objpose.cli import main
from objpose.geometry.rigid_matrices import centre_of
from objpose.io import read_photo_cameras
from objpose.raster import render_splats
from objpose.splatting import load_splats
from tests.cameras.photo_sets import corner_K, draw_corner, look_at_origin
from tests.cameras.tags.tagged_scene import CAMERA, Tag, photos_of_tags


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
        "sigma of known cameras: found a negative number": ["--known-sigma", "-1"],
        "turntable step: found even": ["--turntable-step", "even"],
        "object size: found no masks": ["--object-size", "0.2"],
        "found 7=x, expected metres, or ID=METRES": ["--tag-size", "7=x"],
        "found 99h9, expected one of 16h5": ["--tag-family", "99h9"],
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


def test_tags_make_metres(tmp_path):
    tags = [Tag(3, (-0.3, 0.1), 0.3, 1), Tag(7, (0.3, -0.2), 0.2)]
    cams = [look_at_origin(azimuth, 45, 2.0) for azimuth in (0, 40)]
    for photo in photos_of_tags(cams, tags):
        Image.fromarray(photo.image).save(tmp_path / photo.name)
    camera = tmp_path / "camera.json"
    camera.write_text(json.dumps({"K": CAMERA.K.tolist(), "width": CAMERA.width, "height": CAMERA.height}))
    arguments = ["cameras", str(tmp_path), "--intrinsics", str(camera), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, [*arguments, "--tag-size", "3=0.3", "--tag-size", "7=0.2"])
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "report.json").read_text())["unit"] == "metres"
    read = read_photo_cameras(tmp_path / "out" / "cameras.json")
    found = [centre_of(read[name].cam_from_world.matrix().numpy()) for name in ("0.png", "1.png")]
    apart = np.linalg.norm(np.subtract(*found)), np.linalg.norm(np.subtract(*map(centre_of, cams)))
    assert apart[0] == pytest.approx(apart[1], rel=0.02)


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
