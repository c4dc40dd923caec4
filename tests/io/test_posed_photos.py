"""cameras.json, transforms.json and COLMAP models: round trips, conventions, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pycolmap
import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, SO3, Camera
from objpose.io import (
    PhotoCamera,
    SparsePoints,
    read_colmap,
    read_photo_cameras,
    read_transforms,
    write_colmap,
    write_photo_cameras,
    write_transforms,
)

K = [[600.0, 0.0, 320.25], [0.0, 610.0, 239.0], [0.0, 0.0, 1.0]]
DISTORTIONS = (None, None, (0.1, -0.02, 0.001, 0.002), (0.1, -0.02, 0.001, 0.002, 0.003))
RATIONAL = (0.1, -0.02, 0.001, 0.002, 0.003, 0.05, -0.01, 0.002)
FISHEYE = (0.02, -0.01, 0.003, 0.001)


@pytest.fixture
def photos() -> list[PhotoCamera]:
    """Four placed photos that see the origin from 5 m, and between them one without a place."""
    generator = torch.Generator().manual_seed(0)
    rotation = SO3.random((4,), generator, dtype=torch.float64)
    motion = SE3.from_rotation_translation(rotation, torch.tensor([0.1, -0.2, 5.0]))
    placed = [
        PhotoCamera(f"day 1/{index}.jpg", Camera.from_K(K, 640, 480, distortion), motion[index], 0.25 * index)
        for index, distortion in enumerate(DISTORTIONS)
    ]
    lost = PhotoCamera("lost.jpg", Camera.from_K(K, 640, 480), None, 0.0, "no overlap")
    return [placed[0], lost, *placed[1:]]


@pytest.fixture
def points(photos: list[PhotoCamera]) -> SparsePoints:
    """Points near the origin, exactly where each photo sees them (for the lost one, anywhere)."""
    rng = np.random.default_rng(0)
    xyz = rng.uniform(-0.5, 0.5, (6, 3))
    point, photo = (index.reshape(-1) for index in np.meshgrid(range(6), range(5), indexing="ij"))
    pixels = [
        np.zeros(2) if photos[j].cam_from_world is None else seen_at(photos[j], xyz[i])
        for i, j in zip(point, photo, strict=True)
    ]
    return SparsePoints(xyz, rng.integers(0, 256, (6, 3), dtype=np.uint8), point, photo, np.stack(pixels))


def seen_at(photo: PhotoCamera, xyz: np.ndarray) -> np.ndarray:
    return photo.camera.project(photo.cam_from_world.apply(torch.tensor(xyz))).numpy()


def assert_same(found: PhotoCamera, expected: PhotoCamera) -> None:
    assert found.name == expected.name
    torch.testing.assert_close(found.camera.K, expected.camera.K, rtol=0, atol=1e-12)
    assert (found.camera.width, found.camera.height) == (expected.camera.width, expected.camera.height)
    assert found.camera.distortion == expected.camera.distortion
    difference = found.cam_from_world.matrix() - expected.cam_from_world.matrix()
    assert float(difference.abs().max()) < 1e-12


def test_cameras_json_round_trip(tmp_path: Path, photos: list[PhotoCamera]) -> None:
    write_photo_cameras(tmp_path / "cameras.json", photos)
    found = read_photo_cameras(tmp_path / "cameras.json")
    assert list(found) == [photo.name for photo in photos]
    for photo in photos:
        assert (found[photo.name].confidence, found[photo.name].reason) == (photo.confidence, photo.reason)
        if photo.cam_from_world is None:
            assert found[photo.name].cam_from_world is None
        else:
            assert_same(found[photo.name], photo)


def test_transforms_round_trip(tmp_path: Path, photos: list[PhotoCamera]) -> None:
    write_transforms(tmp_path / "transforms.json", photos, "points.ply")
    found = read_transforms(tmp_path / "transforms.json")
    placed = [photo for photo in photos if photo.cam_from_world is not None]
    assert list(found) == [photo.name for photo in placed]
    for photo in placed:
        assert_same(found[photo.name], photo)
    assert json.loads((tmp_path / "transforms.json").read_text())["ply_file_path"] == "points.ply"


def test_transforms_look_along_minus_z(tmp_path: Path, photos: list[PhotoCamera]) -> None:
    write_transforms(tmp_path / "transforms.json", photos)
    frame = json.loads((tmp_path / "transforms.json").read_text())["frames"][0]
    world_from_gl = np.array(frame["transform_matrix"])
    world_from_cam = photos[0].cam_from_world.inverse()
    looked_at = world_from_cam.apply(torch.tensor([0.3, 0.4, 2.0], dtype=torch.float64))
    np.testing.assert_allclose((world_from_gl @ [0.3, -0.4, -2.0, 1.0])[:3], looked_at, atol=1e-12)
    # The middle of pixel (0, 0) is (0.5, 0.5) there.
    assert (frame["cx"], frame["cy"]) == (K[0][2] + 0.5, K[1][2] + 0.5)


def test_transforms_with_one_angle_for_all(tmp_path: Path) -> None:
    content = {"camera_angle_x": math.pi / 2, "w": 64, "h": 48}
    content["frames"] = [{"file_path": "a.png", "transform_matrix": np.eye(4).tolist()}]
    (tmp_path / "t.json").write_text(json.dumps(content))
    [photo] = read_transforms(tmp_path / "t.json").values()
    expected = [[32, 0, 31.5], [0, 32, 23.5], [0, 0, 1]]
    np.testing.assert_allclose(photo.camera.K, expected, atol=1e-9)


def test_colmap_round_trip(tmp_path: Path, photos: list[PhotoCamera], points: SparsePoints) -> None:
    write_colmap(tmp_path / "model", photos, points)
    pycolmap.Reconstruction(str(tmp_path / "model")).write_text(make(tmp_path / "text"))
    for folder in ("model", "text"):
        found, found_points = read_colmap(tmp_path / folder)
        placed = [photo for photo in photos if photo.cam_from_world is not None]
        for photo, expected in zip(found, placed, strict=True):
            assert_same(photo, expected)
        np.testing.assert_array_equal(found_points.rgb, points.rgb)
        np.testing.assert_allclose(found_points.xyz, points.xyz, atol=1e-12)
        seen = points.photo != 1
        key = np.lexsort((points.point[seen], points.photo[seen]))
        np.testing.assert_array_equal(found_points.point, points.point[seen][key])
        np.testing.assert_allclose(found_points.pixels, points.pixels[seen][key], atol=1e-9)


def test_colmap_opens_what_is_written(
    tmp_path: Path, photos: list[PhotoCamera], points: SparsePoints
) -> None:
    write_colmap(tmp_path, photos, points)
    model = pycolmap.Reconstruction(str(tmp_path))
    assert (model.num_reg_images(), model.num_cameras(), model.num_points3D()) == (4, 3, 6)
    assert model.compute_num_observations() == 24
    # COLMAP projects the points to where we saw them: axes, pixel centres and distortion agree.
    model.update_point_3d_errors()
    assert model.compute_mean_reprojection_error() < 1e-9
    image = model.find_image_with_name("day 1/2.jpg")
    pixel = seen_at(photos[3], points.xyz[0]) + 0.5
    np.testing.assert_allclose(image.project_point(points.xyz[0]), pixel, atol=1e-9)


COLMAP_LENSES = {
    "SIMPLE_RADIAL": [0.1], "RADIAL": [0.1, -0.02], "OPENCV": [0.1, -0.02, 0.001, 0.002],
    "FULL_OPENCV": [*RATIONAL], "OPENCV_FISHEYE": [*FISHEYE],
    "SIMPLE_RADIAL_FISHEYE": [0.02], "RADIAL_FISHEYE": [0.02, -0.01], "FISHEYE": [], "SIMPLE_FISHEYE": [],
    "THIN_PRISM_FISHEYE": [0.02, -0.01, 0, 0, 0.003, 0.001, 0, 0], "PINHOLE": [], "SIMPLE_PINHOLE": [],
}  # fmt: skip


@pytest.mark.parametrize("model", COLMAP_LENSES)
def test_colmap_lenses_project_as_colmap_does(tmp_path: Path, model: str) -> None:
    is_single = model.startswith("SIMPLE") or model in ("RADIAL", "RADIAL_FISHEYE")
    params = [600.0, *([] if is_single else [610.0]), 320.5, 239.5, *COLMAP_LENSES[model]]
    theirs = pycolmap.Camera(model=model, width=640, height=480, params=params, camera_id=1)
    (tmp_path / "cameras.txt").write_text(f"1 {model} 640 480 {' '.join(map(str, params))}")
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 0 1 a.jpg\n\n")
    (tmp_path / "points3D.txt").write_text("")
    [photo], _ = read_colmap(tmp_path)
    points = np.array([[0.1, -0.2, 1.0], [0.4, 0.3, 1.0], [-0.3, 0.02, 0.5]])
    expected = theirs.img_from_cam(points) - 0.5
    np.testing.assert_allclose(photo.camera.project(points), expected, atol=1e-9)
    # What is written again is the same lens.
    write_colmap(tmp_path / "again", [photo])
    [again], _ = read_colmap(tmp_path / "again")
    np.testing.assert_allclose(again.camera.project(points), expected, atol=1e-9)
    assert again.camera.fisheye == photo.camera.fisheye == ("FISHEYE" in model)


@pytest.mark.parametrize(("lens", "fisheye"), [(RATIONAL, False), (FISHEYE, True), ((0.0,) * 4, True)])
def test_cameras_json_keeps_the_lens(tmp_path: Path, lens: tuple, fisheye: bool) -> None:
    photo = PhotoCamera("a.jpg", Camera.from_K(K, 640, 480, lens, fisheye), None)
    write_photo_cameras(tmp_path / "cameras.json", [photo])
    [found] = read_photo_cameras(tmp_path / "cameras.json").values()
    assert found.camera.distortion == lens and found.camera.fisheye == fisheye


def test_writing_again_replaces_the_model(tmp_path: Path, photos: list[PhotoCamera]) -> None:
    write_colmap(tmp_path, photos)
    write_colmap(tmp_path, photos[:1])
    found, _ = read_colmap(tmp_path)
    assert [photo.name for photo in found] == ["day 1/0.jpg"]
    assert not [file.name for file in tmp_path.iterdir() if file.name.startswith(".")]


@pytest.mark.parametrize("file", ["cameras", "images", "points3D"])
def test_a_file_cut_off_anywhere_is_refused(
    tmp_path: Path, photos: list[PhotoCamera], points: SparsePoints, file: str
) -> None:
    write_colmap(tmp_path, photos, points)
    whole = (tmp_path / f"{file}.bin").read_bytes()
    for end in range(0, len(whole), 7):
        (tmp_path / f"{file}.bin").write_bytes(whole[:end])
        with pytest.raises(InputError, match=f"{file}.bin"):
            read_colmap(tmp_path)


BAD_TEXT = {
    "unknown model": ("cameras", "1 WIDE 640 480 500", "line 1: found WIDE"),
    "missing parameter": ("cameras", "1 PINHOLE 640 480 500 500 320", "line 1: found PINHOLE with 3"),
    "no number": ("cameras", "one PINHOLE 640 480 500 500 320 240", "line 1: found one"),
    "field of view": ("cameras", "1 FOV 640 480 500 500 320 240 0.9", "undistort"),
    "thin prism": ("cameras", "1 THIN_PRISM_FISHEYE 640 480 500 500 320 240 0 0 0 0 0 0 0.1 0", "undistort"),
    "no camera": ("images", "1 1 0 0 0 0 0 0 7 a.jpg\n\n", "camera 7"),
    "no rotation": ("images", "1 0 0 0 0 0 0 0 1 a.jpg\n\n", "a unit quaternion"),
    "no name": ("images", "1 1 0 0 0 0 0 0 1\n\n", "line 1"),
    "half an observation": ("images", "1 1 0 0 0 0 0 0 1 a.jpg\n10 20\n", "line 2: found 2 words"),
    "unknown point": ("images", "1 1 0 0 0 0 0 0 1 a.jpg\n10 20 5\n", "points that points3D does not hold"),
    "colour": ("points3D", "1 0 0 0 300 0 0 0.1 1 0", "line 1: found a colour"),
}


@pytest.mark.parametrize("name", BAD_TEXT)
def test_bad_text_models_are_named_with_the_place(tmp_path: Path, name: str) -> None:
    good = {
        "cameras": "1 PINHOLE 640 480 500 500 320 240",
        "images": "1 1 0 0 0 0 0 0 1 a b.jpg\n\n",
        "points3D": "",
    }
    file, content, message = BAD_TEXT[name]
    for stem, text in good.items():
        (tmp_path / f"{stem}.txt").write_text(text)
    assert [photo.name for photo in read_colmap(tmp_path)[0]] == ["a b.jpg"]
    (tmp_path / f"{file}.txt").write_text(content)
    with pytest.raises(InputError) as caught:
        read_colmap(tmp_path)
    assert message in str(caught.value)


def test_no_model_and_skew_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no cameras.txt"):
        read_colmap(tmp_path)
    skewed = Camera.from_K([[600.0, 3.0, 320.0], K[1], K[2]], 640, 480)
    with pytest.raises(InputError, match="skew 3"):
        write_colmap(tmp_path, [PhotoCamera("a.jpg", skewed, SE3.identity())])


BAD_ENTRIES = {
    "scaled": ({"cam_from_world": (2 * np.eye(4)).tolist()}, "cam_from_world"),
    "mirrored": ({"cam_from_world": np.diag([1.0, 1, -1, 1]).tolist()}, "determinant -1"),
    "two rows": ({"cam_from_world": np.eye(4)[:2].tolist()}, "2 rows"),
    "confidence": ({"confidence": 1.5}, "a.jpg.confidence: found 1.5"),
}


@pytest.mark.parametrize("name", BAD_ENTRIES)
def test_bad_entries_are_named(tmp_path: Path, name: str) -> None:
    entry, message = BAD_ENTRIES[name]
    (tmp_path / "c.json").write_text(json.dumps({"a.jpg": {"width": 640, "height": 480, "K": K, **entry}}))
    with pytest.raises(InputError) as caught:
        read_photo_cameras(tmp_path / "c.json")
    assert message in str(caught.value)


def test_real_sets(shared_data: Path, tmp_path: Path) -> None:
    for name, count in (("fountain", 11), ("temple", 16), ("desk_a", 12)):
        photos = read_photo_cameras(shared_data / "photos" / name / "cameras.json")
        assert len(photos) == count
        write_colmap(tmp_path / name, list(photos.values()))
        found, _ = read_colmap(tmp_path / name)
        for photo in found:
            assert_same_motion(photo, photos[photo.name])


def assert_same_motion(found: PhotoCamera, expected: PhotoCamera) -> None:
    # The matrices of real sets are rounded; a quaternion is the nearest rotation.
    difference = found.cam_from_world.matrix() - expected.cam_from_world.matrix()
    assert float(difference.abs().max()) < 1e-9


def make(folder: Path) -> str:
    folder.mkdir()
    return str(folder)
