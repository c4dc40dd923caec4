"""From pictures to cameras: the whole way on a small drawn scene, and what the loader makes of a folder."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from objpose.cameras import Known, Photo, RecoverOptions, load_photos, recover_cameras, write_scene
from objpose.cameras.learned.network import MotionNetwork, NetworkOptions
from objpose.cameras.learned.proposals import LearnedProposals
from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io import read_colmap, read_photo_cameras, read_transforms
from tests.cameras.photo_sets import corner_K, draw_corner, few_keypoints, look_at_origin, worst_error

WIDTH, HEIGHT = 400, 300
TRUTH = [look_at_origin(40, 30, 3.0), look_at_origin(52, 36, 3.2), look_at_origin(47, 24, 2.8)]
FEW = few_keypoints()
CAMERA = Camera.from_K(corner_K(), WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def drawn() -> list[Photo]:
    return [Photo(f"{index}.png", draw_corner(cam), CAMERA) for index, cam in enumerate(TRUTH)]


@pytest.fixture(scope="module")
def scene(drawn):
    stray = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    stray = np.asarray(Image.fromarray(stray).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    options = RecoverOptions(known=Known(lengths=(("0.png", "1.png", 2.0),)), threads=1)
    photos = [*drawn, Photo("stray.png", stray, CAMERA)]
    return recover_cameras(photos, matcher=FEW, options=options)


def cams_of(scene) -> dict[int, np.ndarray]:
    return {
        index: photo.cam_from_world.matrix().numpy()
        for index, photo in enumerate(scene.photos)
        if photo.cam_from_world is not None
    }


def test_drawn_photos_are_placed_with_confidence(scene):
    assert worst_error(cams_of(scene), TRUTH) < 1.0
    assert min(photo.confidence for photo in scene.photos[:3]) > 0.9
    assert len(scene.points.xyz) > 50


def test_the_stray_photo_is_left_out_and_says_why(scene):
    [stray] = scene.left_out
    assert stray.name == "stray.png" and stray.confidence == 0.0
    assert "chance" in stray.reason


def test_a_known_length_makes_metres(scene):
    centres = [np.linalg.inv(cam)[:3, 3] for cam in cams_of(scene).values()]
    assert scene.is_metric
    assert np.linalg.norm(centres[0] - centres[1]) == pytest.approx(2.0)


def test_points_project_where_they_were_seen(scene):
    cams, points = cams_of(scene), scene.points
    for index, photo in enumerate(scene.photos[:3]):
        mine = points.photo == index
        seen = points.xyz[points.point[mine]] @ cams[index][:3, :3].T + cams[index][:3, 3]
        error = np.linalg.norm(photo.camera.project(seen).numpy() - points.pixels[mine], axis=1)
        assert error.max() < 3.0


def test_covariances_are_positive_and_pairs_symmetric(scene):
    for photo in scene.placed:
        assert np.linalg.eigvalsh(photo.covariance.numpy()).min() > -1e-12
    assert (scene.pair_confidence == scene.pair_confidence.T).all()
    assert (scene.pair_confidence[3, :3] == 0).all()


def test_the_files_hold_the_answer(scene, tmp_path):
    write_scene(tmp_path, scene)
    cameras = read_photo_cameras(tmp_path / "cameras.json")
    assert cameras["stray.png"].cam_from_world is None and cameras["stray.png"].reason
    frames = read_transforms(tmp_path / "transforms.json")
    photos, points = read_colmap(tmp_path / "colmap")
    assert {photo.name for photo in photos} == set(frames) == {"0.png", "1.png", "2.png"}
    assert len(points.xyz) == len(scene.points.xyz)
    for name, frame in frames.items():
        np.testing.assert_allclose(
            frame.cam_from_world.matrix(), cameras[name].cam_from_world.matrix(), atol=1e-6
        )
    assert json.loads((tmp_path / "report.json").read_text())["unit"] == "metres"


def test_an_unknown_focal_length_is_found(drawn):
    photos = [Photo(photo.name, photo.image) for photo in drawn]
    found = recover_cameras(photos, matcher=FEW, options=RecoverOptions(threads=1))
    assert len({photo.camera.fx for photo in found.photos}) == 1
    assert found.photos[0].camera.fx == pytest.approx(1.1 * WIDTH, rel=0.1)
    assert worst_error(cams_of(found), TRUTH) < 5.0


def write(folder, name: str, image: np.ndarray, **kwargs) -> None:
    Image.fromarray(image).save(folder / name, **kwargs)


def test_photos_are_turned_upright(tmp_path):
    image = draw_corner(TRUTH[0])[:40, :60]
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held a quarter turn
    write(tmp_path, "a.png", np.rot90(image).copy(), exif=exif)
    write(tmp_path, "b.png", image)
    turned, upright = load_photos(tmp_path)
    np.testing.assert_array_equal(turned.image, upright.image)


def test_exif_tells_the_focal_length(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 27
    write(tmp_path, "a.jpg", np.zeros((30, 40, 3), np.uint8), exif=exif)
    write(tmp_path, "b.jpg", np.zeros((30, 40, 3), np.uint8))
    told, untold = load_photos(tmp_path)
    assert told.focal_px == pytest.approx(27 / 36 * 40)
    assert untold.focal_px is None


def test_intrinsics_by_name_or_for_all(tmp_path):
    for name in ("a.png", "b.png"):
        write(tmp_path, name, np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    entry = {"K": corner_K().tolist(), "width": WIDTH, "height": HEIGHT}
    (tmp_path / "one.json").write_text(json.dumps(entry))
    (tmp_path / "each.json").write_text(json.dumps({"b.png": entry, "absent.png": entry}))
    assert all(photo.camera.fx == CAMERA.fx for photo in load_photos(tmp_path, tmp_path / "one.json"))
    a, b = load_photos(tmp_path, tmp_path / "each.json")
    assert a.camera is None and b.camera.fx == CAMERA.fx


def test_unusable_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        load_photos(tmp_path / "absent")
    write(tmp_path, "a.png", np.zeros((30, 40, 3), np.uint8))
    with pytest.raises(InputError, match="found 1 photos, expected at least two"):
        recover_cameras(tmp_path)
    write(tmp_path, "b.png", np.zeros((30, 40, 3), np.uint8))
    with pytest.raises(InputError, match="a.png: found 400 x 300 pixels, expected 40 x 30"):
        load_photos(tmp_path, CAMERA)
    (tmp_path / "b.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"b\.png"):
        load_photos(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"image": np.zeros((30, 40), np.uint8)},
            r"a.png: found uint8 of shape \(30, 40\), expected uint8 RGB",
        ),
        ({"image": np.zeros((30, 40, 3))}, "a.png: found float64 of shape"),
        ({"mask": np.ones((40, 30), bool)}, "mask of a.png: found 30 x 40 pixels, expected 40 x 30"),
        ({"camera": CAMERA}, "intrinsics of a.png: found .* the size of the upright photo; give"),
    ],
)
def test_what_does_not_fit_a_photo_is_refused_by_its_name(wrong, message):
    with pytest.raises(InputError, match=message):
        Photo(**({"name": "a.png", "image": np.zeros((30, 40, 3), np.uint8)} | wrong))


def test_photos_without_texture_are_left_out_with_a_reason():
    blank = [Photo(f"{index}.png", np.full((60, 80, 3), 90, np.uint8)) for index in range(2)]
    found = recover_cameras(blank)
    assert not found.placed
    assert all("no features" in photo.reason for photo in found.photos)


def test_a_known_length_names_known_photos(drawn):
    with pytest.raises(InputError, match="no photo 'x.png'"):
        recover_cameras(drawn, options=RecoverOptions(known=Known(lengths=(("0.png", "x.png", 1.0),))))


def test_proposals_that_the_matches_do_not_support_change_nothing(scene, drawn):
    torch.manual_seed(0)
    shape = NetworkOptions(image_size=16, width=8, dim=32, layers=1, heads=4, queries=24)
    untrained = LearnedProposals(MotionNetwork(shape).eval())
    assert len(untrained([photo.image for photo in drawn])) == 3
    found = recover_cameras(drawn, matcher=FEW, options=RecoverOptions(threads=1), proposals=untrained)
    assert worst_error(cams_of(found), TRUTH) < 1.0
    assert len(found.placed) == 3
