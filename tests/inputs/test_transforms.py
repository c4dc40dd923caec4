"""transforms.json of nerfstudio, instant-ngp and the synthetic NeRF set: every member used or refused."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io import PhotoCamera, read_camera, read_transforms, write_transforms
from objpose.onboarding import read_posed_views
from tests.inputs.habits import habit

KIND = "transforms.json"
EYE = np.eye(4).tolist()
BASE = {"fl_x": 500.0, "fl_y": 510.0, "cx": 320.0, "cy": 240.0, "w": 640, "h": 480}
FISHEYE = {"k1": 0.1, "k2": 0.02, "k3": -0.01, "k4": 0.001}


def at(x: float, y: float, z: float) -> list:
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix.tolist()


def frame(name: str = "a.png", **members) -> dict:
    return {"file_path": name, "transform_matrix": EYE, **members}


def read(path: Path, *frames: dict, **members) -> list[PhotoCamera]:
    content = {**BASE, **members, "frames": list(frames) or [frame()]}
    (path / "transforms.json").write_text(json.dumps(content))
    return list(read_transforms(path / "transforms.json").values())


def refusal(path: Path, *frames: dict, **members) -> str:
    with pytest.raises(InputError) as caught:
        read(path, *frames, **members)
    assert "transforms.json" in str(caught.value)
    return str(caught.value)


@habit(KIND, "`camera_model: OPENCV_FISHEYE` or `is_fisheye`, at the top or in a frame", "the fisheye lens",
       "`is_fisheye` was dropped, the model refused, that of a frame dropped")  # fmt: skip
def test_fisheyes(tmp_path):
    lens = tuple(FISHEYE.values())
    for members in ({"camera_model": "OPENCV_FISHEYE"}, {"is_fisheye": True}):
        [photo] = read(tmp_path, **members, **FISHEYE)
        assert photo.camera.fisheye and photo.camera.distortion == lens
        first, second = read(tmp_path, frame(**members, **FISHEYE), frame("b.png"), k1=0.3, k2=0.1)
        assert first.camera.fisheye and first.camera.distortion == lens
        assert not second.camera.fisheye and second.camera.distortion == (0.3, 0.1, 0, 0)
    [photo] = read(tmp_path, camera_model="OPENCV_FISHEYE")
    assert photo.camera.fisheye and photo.camera.distortion == (0, 0, 0, 0)


@habit(KIND, "`k1`, `k2`, `p1`, `p2`, `k3`; `k4` of a model that has none", "the lens; `k4` is refused",
       "`k4` was dropped")  # fmt: skip
def test_brown_conrady(tmp_path):
    [photo] = read(tmp_path, camera_model="OPENCV", k1=0.1, k2=-0.2, p1=0.001, p2=0.002, k3=0.3, k4=0)
    assert photo.camera.distortion == (0.1, -0.2, 0.001, 0.002, 0.3)
    assert "k4 = 0.5" in refusal(tmp_path, camera_model="OPENCV", k1=0.1, k4=0.5)
    for model in ("EQUIRECTANGULAR", "FISHEYE624", "SIMPLE_RADIAL_FISHEYE"):
        assert model.lower() in refusal(tmp_path, camera_model=model)


@habit(KIND, "`applied_transform` and `applied_scale`", "undone: cameras in the frame and unit before them",
       "dropped: 0.5 made everything half as large")  # fmt: skip
def test_what_was_applied_is_undone(tmp_path):
    turn = [[1, 0, 0, 0.5], [0, 0, 1, -1], [0, -1, 0, 2]]
    original = torch.tensor([0.3, -0.2, 1.5], dtype=torch.float64)
    written = 0.25 * (torch.tensor(turn, dtype=torch.float64) @ torch.cat([original, torch.ones(1)]))
    [photo] = read(
        tmp_path,
        frame(transform_matrix=at(*written.tolist())), applied_transform=turn, applied_scale=0.25,
    )  # fmt: skip
    world_from_cam = photo.cam_from_world.inverse()
    torch.testing.assert_close(world_from_cam.translation, original)
    # OpenGL's axes were those of the turned world.
    back = torch.tensor(turn, dtype=torch.float64)[:, :3].mT @ torch.diag(
        torch.tensor([1.0, -1, -1]).double()
    )
    torch.testing.assert_close(world_from_cam.matrix()[:3, :3], back)
    for scale in (0, -1):
        assert "applied_scale" in refusal(tmp_path, applied_scale=scale)
    assert "applied_transform" in refusal(
        tmp_path, applied_transform=[[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]
    )


@habit(KIND, "`camera_angle_x` without `w` and `h`, names without suffix (synthetic NeRF)",
       "the size is the picture's", "refused")  # fmt: skip
def test_synthetic_nerf(tmp_path):
    (tmp_path / "train").mkdir()
    Image.new("RGBA", (80, 60)).save(tmp_path / "train" / "r_0.png")
    content = {"camera_angle_x": math.pi / 2, "frames": [frame("./train/r_0", rotation=0.01)]}
    (tmp_path / "transforms.json").write_text(json.dumps(content))
    [photo] = read_transforms(tmp_path / "transforms.json").values()
    np.testing.assert_allclose(photo.camera.K, [[40, 0, 39.5], [0, 40, 29.5], [0, 0, 1]])
    assert (photo.camera.width, photo.camera.height) == (80, 60)
    camera, _ = read_camera(tmp_path / "transforms.json", (80, 60))
    np.testing.assert_allclose(camera.K, photo.camera.K)
    (tmp_path / "train" / "r_0.png").unlink()
    with pytest.raises(InputError, match="r_0"):
        read_transforms(tmp_path / "transforms.json")


@habit(KIND, "a focal length and an angle of view of another resolution", "refused by name",
       "the angle was dropped")  # fmt: skip
def test_angles_of_another_resolution(tmp_path):
    angle = 2 * math.atan(640 / 2 / 500)
    [photo] = read(tmp_path, camera_angle_x=angle)
    assert photo.camera.fx == 500
    assert "camera_angle_x" in refusal(tmp_path, camera_angle_x=angle / 2)


@habit(
    KIND,
    "a frame listed twice, also as `a.png` and `./a.png`",
    "once where both are the same, else refused",
    "the last one won",
)
def test_frames_listed_twice(tmp_path):
    assert len(read(tmp_path, frame(), frame(), frame("b.png"))) == 2
    assert "a.png again" in refusal(tmp_path, frame(), frame(transform_matrix=at(0.3, 0, 0)))
    assert "a.png again" in refusal(tmp_path, frame(), frame(fl_x=510.0))
    assert len(read(tmp_path, frame(), frame("./a.png"))) == 1
    assert "a.png again" in refusal(tmp_path, frame(), frame("./a.png", transform_matrix=at(0.3, 0, 0)))


@habit(KIND, "intrinsics of a frame", "the frame's, of the lens all or none", "the same")  # fmt: skip
def test_frames_with_their_own_intrinsics(tmp_path):
    first, second = read(tmp_path, frame(fl_x=600.0, k1=0.2), frame("b.png"), k1=0.1, p1=0.01)
    assert first.camera.fx == 600 and first.camera.distortion == (0.2, 0, 0, 0)
    assert second.camera.fx == 500 and second.camera.distortion == (0.1, 0, 0.01, 0)


@habit(
    KIND,
    "members of trainers: `aabb_scale`, `ply_file_path`, `orientation_override`, ...",
    "known; any other is refused by name",
    "dropped, whatever they were",
)
def test_other_members(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(
            tmp_path, frame(colmap_im_id=3, sharpness=20.0), aabb_scale=16, ply_file_path="sparse.ply",
            orientation_override="none", scale=0.33, offset=[0.5, 0.5, 0.5], train_filenames=["a.png"],
        )  # fmt: skip
    assert "rolling_shutter" in refusal(tmp_path, rolling_shutter=[0, 0, 0.1, 0])
    assert "frames[0].shift" in refusal(tmp_path, frame(shift=[1, 2]))
    assert "from_mitsuba" in refusal(tmp_path, from_mitsuba=True)


def picture(path: Path, value: int, dtype: type = np.uint8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((48, 64), value, dtype)).save(path)


SMALL = {"fl_x": 60.0, "cx": 32.0, "cy": 24.0, "w": 64, "h": 48}


@habit(KIND, "`mask_path`, `depth_file_path`, `integer_depth_scale`", "the files and the unit that are named",
       "dropped: masks/ and depth/ were asked for")  # fmt: skip
def test_named_masks_and_depth(tmp_path):
    for index, millimetres in enumerate((500, 700)):
        Image.new("RGB", (64, 48)).save(tmp_path / f"{index}.png")
        picture(tmp_path / "m" / f"{index}.mask.png", 255)
        picture(tmp_path / "d" / f"{index}.png", 2 * millimetres, np.uint16)
    frames = [
        frame(
            f"{i}.png",
            mask_path=f"m/{i}.mask.png",
            depth_file_path=f"d/{i}.png",
            transform_matrix=at(i, 0, 0),
        )
        for i in range(2)
    ]
    content = {**SMALL, "integer_depth_scale": 0.0005, "frames": frames}
    (tmp_path / "transforms.json").write_text(json.dumps(content))
    views = read_posed_views(tmp_path)
    assert [float(one.depth.median()) for one in views.frames] == pytest.approx([0.5, 0.7])
    assert all(bool(mask.all()) for mask in views.masks)


@habit(KIND, "masks of rigs: cam0/0001.png and cam1/0001.png", "each its own; a bare name of both is refused",
       "matched by the bare name: cam0's mask for cam1")  # fmt: skip
def test_masks_of_rigs(tmp_path):
    frames = []
    for index in range(2):
        picture(tmp_path / f"cam{index}" / "0001.png", 90)
        frames.append(frame(f"cam{index}/0001.png", transform_matrix=at(index, 0, 0)))
        mask = np.zeros((48, 64), np.uint8)
        mask[:, : 20 + 20 * index] = 255
        (tmp_path / "masks" / f"cam{index}").mkdir(parents=True)
        Image.fromarray(mask).save(tmp_path / "masks" / f"cam{index}" / "0001.png")
    (tmp_path / "transforms.json").write_text(json.dumps({**SMALL, "frames": frames}))
    assert [int(mask[0].sum()) for mask in read_posed_views(tmp_path).masks] == [20, 40]
    for index in range(2):
        (tmp_path / "masks" / f"cam{index}" / "0001.png").rename(tmp_path / "masks" / "0001.png")
    with pytest.raises(InputError, match="cam0/0001.png, cam1/0001.png"):
        read_posed_views(tmp_path)


@habit(KIND, "writing it for a fisheye; for lenses and skew that it has no place for",
       "`OPENCV_FISHEYE`; refused", "k3 alone was written")  # fmt: skip
def test_writing(tmp_path):
    K = [[500.0, 0, 320], [0, 500.0, 240], [0, 0, 1]]
    fisheye = PhotoCamera(
        "a.png", Camera.from_K(K, 640, 480, (0.1, 0.02, -0.01, 0.001), fisheye=True), SE3.identity()
    )
    write_transforms(tmp_path / "transforms.json", [fisheye])
    [photo] = read_transforms(tmp_path / "transforms.json").values()
    assert photo.camera.fisheye and photo.camera.distortion == fisheye.camera.distortion
    pinhole = PhotoCamera("b.png", Camera.from_K(K, 640, 480), SE3.identity())
    rational = PhotoCamera("c.png", Camera.from_K(K, 640, 480, [0.1] * 8), SE3.identity())
    for photos, message in (([fisheye, pinhole], "one camera model"), ([rational], "a rational lens")):
        with pytest.raises(InputError, match=message):
            write_transforms(tmp_path / "again.json", photos)
    assert not (tmp_path / "again.json").exists()


MEMBER = st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.lists(st.floats(), max_size=3)
TOP = ["fl_x", "w", "k1", "k4", "camera_model", "is_fisheye", "applied_scale", "applied_transform", "x"]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(TOP), MEMBER), st.dictionaries(st.sampled_from(TOP), MEMBER))
@pytest.mark.filterwarnings("ignore::objpose.errors.InputWarning")
def test_any_members_are_read_or_refused(tmp_path_factory, top, own):
    try:
        photos = read(tmp_path_factory.getbasetemp(), frame(**own), **top)
    except InputError:
        return
    assert all(photo.camera.K.isfinite().all() for photo in photos)


@habit(KIND, "the files of users' reports", "each its cameras, or a refusal by name",
       "fisheye refused, k4, applied_scale and the repeated frame dropped")  # fmt: skip
def test_files_of_the_field(shared_data):
    folder = shared_data / "field" / "transforms"
    centres = {
        stem: [photo.cam_from_world.inverse().translation.tolist() for photo in photos.values()]
        for stem in ("applied", "applied_scale")
        if (photos := read_transforms(folder / f"{stem}.json"))
    }
    np.testing.assert_allclose(centres["applied"], [[0, -4, 0], [0.6, -4, 0]], atol=1e-12)
    np.testing.assert_allclose(centres["applied_scale"], [[0, 0, 20], [3, 0, 20]], atol=1e-12)
    for photo in read_transforms(folder / "fisheye.json").values():
        assert photo.camera.fisheye and photo.camera.distortion == (0.1, 0, 0, 0)
    for stem, message in (("k4", "k4 = 0.5"), ("dupe_same", "a.png again"), ("blender", "r_0")):
        with pytest.raises(InputError, match=message):
            read_transforms(folder / f"{stem}.json")
