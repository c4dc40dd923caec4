"""Camera files as programs write them: read whole, or refused by the name of what is not understood."""

from __future__ import annotations

import json
import tracemalloc
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objpose.cameras.scene.photos import load_photos
from objpose.errors import InputError, InputWarning
from objpose.io import read_camera
from tests.inputs.habits import habit

FX, FY, CX, CY = 612.4, 611.8, 322.7, 236.1
ROWS = [[FX, 0.0, CX], [0.0, FY, CY], [0.0, 0.0, 1.0]]
FLAT = [number for row in ROWS for number in row]
COLUMNS = np.reshape(FLAT, (3, 3)).T.reshape(-1).tolist()
SIZE = {"width": 640, "height": 480}
BARE = {"fx": FX, "fy": FY, "cx": CX, "cy": CY, **SIZE}
WITH_K = {"K": ROWS, **SIZE}
BROWN = [0.12, -0.3, 0.001, -0.002, 0.15]
RATIONAL = [0.5, -2.6, 0.0007, -0.0002, 1.4, 0.38, -2.4, 1.3]
FISHEYE = [-0.01, 0.02, -0.01, 0.001]
KINDS, LENSES = "Camera files", "Lens distortion"


def put(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def read(path: Path, content: object, size: tuple[int, int] | None = None):
    return read_camera(put(path, content), size)[0]


def check(camera, lens: list[float] | None = None, fisheye: bool = False) -> None:
    np.testing.assert_allclose(camera.K.numpy(), ROWS, atol=1e-9)
    assert (camera.width, camera.height) == (640, 480)
    assert camera.fisheye == fisheye
    if lens is None:
        assert camera.distortion is None
    else:
        np.testing.assert_allclose(camera.distortion, lens, atol=1e-12)


def refusal(path: Path, content: object, size: tuple[int, int] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read(path, content, size)
    message = str(caught.value)
    assert path.name in message and "\n" not in message
    return message


# What lists of coefficients are called.
SPELLINGS = ("distortion", "D", "d", "dist", "dist_coeffs", "distCoeffs", "distortion_coefficients", "coeffs")


@habit(LENSES, "`D`, `d`, `dist`, `dist_coeffs`, `coeffs`, ... beside `K`", "the lens of the file",
       "dropped: 13.9 mm and 7.8 degrees off")  # fmt: skip
@pytest.mark.parametrize("name", SPELLINGS)
def test_coefficients_under_any_name(tmp_path, name):
    for lens in (BROWN, RATIONAL, [BROWN], [[number] for number in BROWN]):
        check(read(tmp_path / "c.json", {**WITH_K, name: lens}), np.ravel(lens))


@habit(LENSES, "`k1` to `k6`, `p1`, `p2` as members, in a nested object too", "the lens, in OpenCV's order",
       "dropped")  # fmt: skip
def test_coefficients_as_members(tmp_path):
    names = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
    azure = {**BARE, **dict(zip(names, RATIONAL, strict=True)), "codx": 0, "cody": 0, "metric_radius": 1.7}
    check(read(tmp_path / "c.json", azure), RATIONAL)
    check(read(tmp_path / "c.json", {**BARE, "k1": 0.2, "k2": -0.5, "p1": 0, "p2": 0}), [0.2, -0.5, 0, 0])
    nested = {"model": "brown_conrady", **dict(zip(names[:5], BROWN, strict=True))}
    check(read(tmp_path / "c.json", {**BARE, "distortion": nested}), BROWN)


@habit(LENSES, "`distortion_model: equidistant` (also `fisheye`, `kannala_brandt4`)", "the fisheye lens",
       "read as plumb_bob")  # fmt: skip
@pytest.mark.parametrize("model", ["equidistant", "fisheye", "kannala_brandt4", "OPENCV_FISHEYE"])
def test_fisheye_models(tmp_path, model):
    for name in ("distortion", "D"):
        camera = read(tmp_path / "c.json", {**WITH_K, "distortion_model": model, name: FISHEYE})
        check(camera, FISHEYE, fisheye=True)
    # All zeros is a fisheye still.
    check(read(tmp_path / "c.json", {**WITH_K, "distortion_model": model, "D": [0] * 4}), [0] * 4, True)
    named = dict(zip(("k1", "k2", "k3", "k4"), FISHEYE, strict=True))
    check(read(tmp_path / "c.json", {**BARE, **named, "camera_model": model}), FISHEYE, fisheye=True)


@habit(LENSES, "8 coefficients of the rational model (Azure Kinect); 12 or 14 that end in zeros",
       "the rational lens; thin prisms and tilted sensors are refused", "refused")  # fmt: skip
def test_rational_models(tmp_path):
    content = {**WITH_K, "distortion_model": "rational_polynomial"}
    check(read(tmp_path / "c.json", {**content, "D": RATIONAL}), RATIONAL)
    check(read(tmp_path / "c.json", {**content, "D": [*RATIONAL, *[0] * 6]}), RATIONAL)
    assert "14: " in refusal(tmp_path / "c.json", {**content, "D": [*RATIONAL, 0.1, *[0] * 5]})


OTHER_LENSES = {
    "another model": ({"distortion_model": "ftheta", "D": [0.1] * 4}, "ftheta"),
    "another model, zeros": ({"model": "double_sphere"}, "double_sphere"),
    "three": ({"D": [0.1, 0, 0]}, "3: "),
    "six of a pinhole": ({"D": [0.1] * 6}, "6: "),
    "five of a fisheye": ({"distortion_model": "equidistant", "D": [0.1] * 5}, "5: "),
    "two lists": ({"D": BROWN, "dist": RATIONAL}, "the coefficients once"),
    "list and members": ({"D": BROWN, "k1": 0.3}, "the coefficients once"),
    "none beside some": ({"distortion_model": "none", "D": BROWN}, "none beside coefficients"),
    "k4 alone": ({"k1": 0.1, "k4": 0.5}, "k4"),
    "p1 of a fisheye": ({"model": "equidistant", "k1": 0.1, "p1": 0.01}, "p1"),
    "two models": ({"distortion_model": "plumb_bob", "is_fisheye": True, "D": FISHEYE}, "one lens model"),
    "text": ({"D": "0.1 0 0 0"}, "0.1"),
    "numbers as text": ({"D": ["0.1", "0", "0", "0"]}, "4 finite numbers"),
    "nan": ({"D": [float("nan"), 0, 0, 0]}, "4 finite numbers"),
    "unknown member": ({"distortions": BROWN}, "distortions"),
    "unknown nested": ({"distortion": {"k1": 0.1, "s1": 0.2}}, "distortion.s1"),
    "rectified": ({"D": BROWN, "rectified": True}, "rectified"),
}


@habit(LENSES, "a lens of another kind, contradictions, coefficients that no model has",
       "refused by name", "dropped, or read as another model")  # fmt: skip
@pytest.mark.parametrize("name", OTHER_LENSES)
def test_other_lenses_are_refused_by_name(tmp_path, name):
    members, message = OTHER_LENSES[name]
    assert message in refusal(tmp_path / "c.json", {**WITH_K, **members})


REALSENSE = {**SIZE, "fx": FX, "fy": FY, "ppx": CX, "ppy": CY}


@habit(LENSES, "RealSense: `ppx`, `ppy`, `model`, `coeffs`",
       "the lens; `inverse_brown_conrady` with coefficients is another formula and refused",
       "asked for `cx`")  # fmt: skip
def test_realsense(tmp_path):
    for model in ("brown_conrady", "distortion.brown_conrady", "Brown Conrady"):
        check(read(tmp_path / "c.json", {**REALSENSE, "model": model, "coeffs": BROWN}), BROWN)
    for model in ("distortion.inverse_brown_conrady", "modified_brown_conrady", "none"):
        check(read(tmp_path / "c.json", {**REALSENSE, "model": model, "coeffs": [0] * 5}))
    radial = [0.1, -0.2, 0.0, 0.0, 0.05]
    check(
        read(tmp_path / "c.json", {**REALSENSE, "model": "modified_brown_conrady", "coeffs": radial}), radial
    )
    for model in ("inverse_brown_conrady", "modified_brown_conrady"):
        assert model in refusal(tmp_path / "c.json", {**REALSENSE, "model": model, "coeffs": BROWN})


ROS = {"header": {"seq": 3, "frame_id": "cam"}, "height": 480, "width": 640, "distortion_model": "plumb_bob"}
NEUTRAL = {
    "binning_x": 0, "binning_y": 1,
    "roi": {"x_offset": 0, "y_offset": 0, "height": 0, "width": 0, "do_rectify": False},
}  # fmt: skip
IDENTITY = np.eye(3).reshape(-1).tolist()


@habit(KINDS, "ROS camera_info as JSON or YAML; ROS 2's `k`, `d`, `r`, `p`", "K and D of the raw image",
       "`D` dropped, YAML refused")  # fmt: skip
def test_camera_info(tmp_path):
    P = [FX, 0, CX, 0, 0, FY, CY, 0, 0, 0, 1, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        content = {**ROS, **NEUTRAL, "D": [0] * 5, "K": FLAT, "R": IDENTITY, "P": P}
        check(read(tmp_path / "c.json", content))
        check(read(tmp_path / "c.json", {**ROS, **NEUTRAL, "d": BROWN, "k": FLAT, "p": [0] * 12}), BROWN)
        text = f"# left\nimage_width: 640\nimage_height: 480\ncamera_name: left\ncamera_matrix:\n" \
            f"  rows: 3\n  cols: 3\n  data: {FLAT}\ndistortion_model: plumb_bob\n" \
            f"distortion_coefficients:\n  rows: 1\n  cols: 5\n  data: {BROWN}\n"  # fmt: skip
        check(read(tmp_path / "c.yaml", text), BROWN)
        echoed = f"height: 480\nwidth: 640\ndistortion_model: plumb_bob\nd:\n- 1.0e-01\n- 1e-05\n- 0\n- 0\n" \
            f"- -2E-3\nk: &k {FLAT}\nr: {IDENTITY}\np: {[0] * 12}\n---\n"  # fmt: skip
        check(read(tmp_path / "c.yaml", echoed), [0.1, 1e-5, 0, 0, -2e-3])


@habit(KINDS, "camera_info whose rectified image has another camera (P), or of a stereo pair",
       "the raw image's, with a warning that names the cure", "P was ignored")  # fmt: skip
def test_rectified_images_are_warned_of(tmp_path):
    content = {**ROS, "D": BROWN, "K": FLAT, "P": [580, 0, 320, 0, 0, 580, 240, 0, 0, 0, 1, 0]}
    with pytest.warns(InputWarning, match="rectified image with another camera"):
        check(read(tmp_path / "c.json", content), BROWN)
    with pytest.warns(InputWarning, match="offset of -30: .*stereo"):
        check(read(tmp_path / "c.json", {**ROS, "K": FLAT, "P": [FX, 0, CX, -30, 0, FY, CY, 0, 0, 0, 1, 0]}))


OTHER_IMAGES = {
    "binned": ({"binning_x": 2}, "binning_x"),
    "region": ({"roi": {"x_offset": 100, "y_offset": 0, "height": 240, "width": 320}}, "roi.x_offset"),
    "not calibrated": ({"K": [0.0] * 9}, "not calibrated"),
}


@habit(KINDS, "camera_info with binning, a region of interest, or a K of zeros", "refused by name",
       "read as if the image were whole")  # fmt: skip
@pytest.mark.parametrize("name", OTHER_IMAGES)
def test_parts_of_images_are_refused(tmp_path, name):
    members, message = OTHER_IMAGES[name]
    assert message in refusal(tmp_path / "c.json", {**ROS, "K": FLAT, "D": BROWN, **members})


@habit(KINDS, "OpenCV's FileStorage: YAML, XML and JSON", "K, size and lens", "refused: no JSON")  # fmt: skip
@pytest.mark.parametrize("suffix", ["yaml", "yml", "xml", "json"])
def test_opencv(tmp_path, suffix):
    path = tmp_path / f"c.{suffix}"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("calibration_time", "Thu 1 Jan 1970")
    storage.write("image_width", 640)
    storage.write("image_height", 480)
    storage.write("camera_matrix", np.array(ROWS))
    storage.write("distortion_coefficients", np.array(BROWN)[:, None])
    storage.write("avg_reprojection_error", 0.25)
    storage.release()
    check(read_camera(path)[0], BROWN)


@habit(KINDS, "OpenCV's `np.savez(..., mtx, dist)`, `np.save(K)`, `mtx` and `dist` in JSON",
       "K and lens; the size is the image's", "refused: no JSON")  # fmt: skip
def test_numpy_files(tmp_path):
    np.savez(
        tmp_path / "c.npz", mtx=np.array(ROWS), dist=np.array([BROWN]), rvecs=np.zeros((20, 3, 1)), ret=0.2
    )
    check(read_camera(tmp_path / "c.npz", (640, 480))[0], BROWN)
    np.save(tmp_path / "K.npy", np.array(ROWS))
    check(read_camera(tmp_path / "K.npy", (640, 480))[0])
    check(read(tmp_path / "c.json", {"mtx": ROWS, "dist": [BROWN]}, (640, 480)), BROWN)
    np.save(tmp_path / "K.npy", np.array(ROWS, dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="K.npy"):
        read_camera(tmp_path / "K.npy", (640, 480))


OTHER_PROGRAMS = {
    "BOP": {**BARE, "depth_scale": 1.0},
    "BOP scene_camera.json": {"cam_K": FLAT, "depth_scale": 1.0, "cam_R_w2c": FLAT, **SIZE},
    "Open3D": {**SIZE, "intrinsic_matrix": COLUMNS},
    "Open3D trajectory": {"intrinsic": {**SIZE, "intrinsic_matrix": COLUMNS}, "extrinsic": [1.0] * 16},
    "Open3D rows": {**SIZE, "intrinsic_matrix": FLAT},
    "MegaPose": {"K": ROWS, "resolution": [480, 640]},
    "image_size": {"K": ROWS, "image_size": [640, 480]},
    "upper case": {"FX": FX, "FY": FY, "CX": CX, "CY": CY, "Width": 640, "Height": 480},
    "twice, the same": {**BARE, "K": ROWS, "w": 640, "h": 480},
    "nested": {"color": BARE, "serial_number": "123"},
    "several, the same": {"0": WITH_K, "1": WITH_K},
    "4x4": {**SIZE, "K": [[FX, 0, CX, 0], [0, FY, CY, 0], [0, 0, 1, 0], [0, 0, 0, 1]]},
    "sides in an object": {"K": ROWS, "resolution": {"width": 640, "height": 480}},
    "focal lengths in an object": {
        "camera_matrix": {"fx": FX, "fy": FY, "cx": CX, "cy": CY},
        "image_size": {"width": 640, "height": 480},
    },
    "DOPE": {
        "camera_settings": [
            {
                "name": "cam",
                "intrinsic_settings": {
                    "resX": 640,
                    "resY": 480,
                    "fx": FX,
                    "fy": FY,
                    "cx": CX,
                    "cy": CY,
                    "s": 0,
                },
            }
        ]
    },
    "COLMAP's dict": {"model": "PINHOLE", **SIZE, "params": [FX, FY, CX + 0.5, CY + 0.5]},
    "nerfstudio": {"fl_x": FX, "fl_y": FY, "cx": CX + 0.5, "cy": CY + 0.5, "w": 640, "h": 480},
}


@habit(KINDS, "BOP, Open3D (columns first), MegaPose (`resolution`), nerfstudio, nested objects",
       "K and size", "Open3D and MegaPose refused")  # fmt: skip
@pytest.mark.parametrize("name", OTHER_PROGRAMS)
def test_files_of_other_programs(tmp_path, name):
    check(read(tmp_path / "c.json", OTHER_PROGRAMS[name]))


@habit(KINDS, "Kalibr's camchain.yaml of one camera", "K, lens and size", "refused: no JSON")  # fmt: skip
def test_kalibr(tmp_path):
    text = f"cam0:\n  camera_model: pinhole\n  intrinsics: [{FX}, {FY}, {CX}, {CY}]\n" \
        f"  distortion_model: MODEL\n  distortion_coeffs: {FISHEYE}\n  resolution: [640, 480]\n" \
        f"  T_cam_imu:\n  - [1, 0, 0, 0]\n  rostopic: /cam0\n  cam_overlaps: []\n"  # fmt: skip
    check(read(tmp_path / "c.yaml", text.replace("MODEL", "radtan")), FISHEYE)
    check(read(tmp_path / "c.yaml", text.replace("MODEL", "equidistant")), FISHEYE, fisheye=True)
    assert "different cameras" in refusal(
        tmp_path / "c.yaml",
        text.replace("MODEL", "radtan")
        + text.replace("MODEL", "radtan").replace("cam0", "cam1", 1).replace("612", "600"),
    )


@habit(KINDS, "COLMAP's cameras.txt and cameras.bin of one camera", "K, lens and size", "refused: no JSON")
def test_colmap(tmp_path):
    params = f"{FX} {FY} {CX + 0.5} {CY + 0.5}"
    text = f"# a comment\n1 OPENCV 640 480 {params} 0.1 0.2 0 0\n"
    check(read(tmp_path / "cameras.txt", text), [0.1, 0.2, 0, 0])
    lens = " ".join(map(str, FISHEYE))
    check(read(tmp_path / "cameras.txt", f"1 OPENCV_FISHEYE 640 480 {params} {lens}\n"), FISHEYE, True)
    assert "FOV" in refusal(tmp_path / "cameras.txt", f"1 FOV 640 480 {params} 0.9\n")
    two = f"1 PINHOLE 640 480 {params}\n2 PINHOLE 640 480 500 {params[6:]}\n"
    assert "2 different cameras" in refusal(tmp_path / "cameras.txt", two)


@habit(
    KINDS,
    "ORB-SLAM's YAML (`Camera.fx`, `DepthMapFactor`), of ORB-SLAM3 too",
    "K, lens and depth unit",
    "refused: no JSON",
)
def test_orb_slam(tmp_path):
    text = f"%YAML:1.0\nCamera.type: \"PinHole\"\nCamera.fx: {FX}\nCamera.fy: {FY}\nCamera.cx: {CX}\n" \
        f"Camera.cy: {CY}\nCamera.k1: 0.2\nCamera.k2: -0.1\nCamera.p1: 0.0\nCamera.p2: 0.0\n" \
        f"Camera.width: 640\nCamera.height: 480\nCamera.fps: 30.0\nDepthMapFactor: 5000.0\n" \
        f"ORBextractor.nFeatures: 1000\nViewer.PointSize: 2\n"  # fmt: skip
    camera, depth_unit = read_camera(put(tmp_path / "TUM1.yaml", text))
    check(camera, [0.2, -0.1, 0, 0])
    assert depth_unit == pytest.approx(0.0002)
    third = (
        text.replace("Camera.", "Camera1.").replace("Camera1.w", "Camera.w").replace("Camera1.h", "Camera.h")
    )
    third = third.replace("DepthMap", "RGBD.DepthMap") + "Camera.newWidth: 640\nStereo.b: 0.07\n"
    check(read_camera(put(tmp_path / "TUM1.yaml", third))[0], [0.2, -0.1, 0, 0])
    assert read_camera(tmp_path / "TUM1.yaml")[1] == pytest.approx(0.0002)


@habit(KINDS, "`cam_K.txt`: nine numbers, no size", "K; the size is the image's", "refused: no JSON")
def test_K_as_text(tmp_path):
    np.savetxt(tmp_path / "cam_K.txt", ROWS, header="K of the wrist camera")
    check(read_camera(tmp_path / "cam_K.txt", (640, 480))[0])
    with pytest.raises(InputError, match="K without an image size"):
        read_camera(tmp_path / "cam_K.txt")
    for text in (", ".join(map(str, FLAT)), f"{ROWS}", ";".join(" ".join(map(str, row)) for row in ROWS)):
        check(read(tmp_path / "K.txt", text, (640, 480)))
    assert "K.txt" in refusal(tmp_path / "K.txt", "612.4 612.4 322.7 236.1", (640, 480))


SPELLED = {
    "Azure Kinect": {
        "resolution_width": 640, "resolution_height": 480,
        "intrinsics": {
            "parameters": {"fx": FX, "fy": FY, "cx": CX, "cy": CY, "codx": 0, "metric_radius": 1.7},
            "type": "K4A_CALIBRATION_LENS_DISTORTION_MODEL_BROWN_CONRADY", "parameter_count": 14,
        },
    },
    "Polycam": {**BARE, "t_00": 1, "t_01": 0, "t_23": 0.4, "blur_score": 120.5, "neighbors": [1, 2]},
    "ARKit": {
        "intrinsics": COLUMNS, "image-width": 640, "imageHeight": 480, "cameraPoseARFrame": [1] * 16,
        "projectionMatrix": [1.5] * 15 + [0.0], "motionQuality": 1,
    },
    "Record3D": {"K": COLUMNS, "w": 640, "h": 480, "dw": 192, "dh": 256, "poses": [[0] * 7]},
    "BlenderProc": {"K": ROWS, "image_width": 640, "image_height": 480, "cam2world_matrix": ROWS},
    "HO-3D": {"camMat": ROWS, "im_size": [640, 480]},
    "size": {"K": ROWS, "size": [640, 480]},
    "shape": {"K": ROWS, "image_shape": [480, 640]},
    "ZED": {"left_cam": {**BARE, "disto": [0] * 12, "h_fov": 55.2, "v_fov": 42.8, "d_fov": 66.4}},
    "camera_info of a whole region": {**ROS, "K": FLAT, "roi": {"width": 640, "height": 480, "x_offset": 0}},
}  # fmt: skip


@habit(KINDS, "members of Azure Kinect, Polycam, ARKit, Record3D, BlenderProc, ZED; `size`, "
       "`shape`; camelCase, hyphens", "K, lens and size", "refused as unknown members")  # fmt: skip
@pytest.mark.parametrize("name", SPELLED)
def test_other_spellings(tmp_path, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(read(tmp_path / "c.json", SPELLED[name]))


@habit(LENSES, "librealsense's number for the model (`model: 4`)", "that model", "refused: no text")
def test_numbered_models(tmp_path):
    check(read(tmp_path / "c.json", {**REALSENSE, "model": 4, "coeffs": BROWN}), BROWN)
    check(read(tmp_path / "c.json", {**REALSENSE, "model": 2, "coeffs": [0] * 5}))
    assert "inverse_brown_conrady" in refusal(tmp_path / "c.json", {**REALSENSE, "model": 2, "coeffs": BROWN})
    assert "lens model by name" in refusal(tmp_path / "c.json", {**BARE, "cameraType": 0})


@habit(KINDS, "a pair of cameras, of which one has the image's size (RealSense's `color` and `depth`)",
       "that one, with a warning", "refused as several")  # fmt: skip
def test_the_camera_of_the_images_size(tmp_path):
    pair = {"color": BARE, "depth": {**BARE, "fx": 420.0, "fy": 420.0, "cx": 424.0, "width": 848}}
    with pytest.warns(InputWarning, match="also depth"):
        check(read(tmp_path / "c.json", pair, (640, 480)))
    for size in (None, (1280, 720)):
        assert "2 different cameras: color, depth" in refusal(tmp_path / "c.json", pair, size)


@habit(KINDS, "INI and TOML files, lines of `fx = 612.4`; ZED's of all resolutions",
       "K, lens and size; refused as several cameras", "valid JSON; the file may be cut off")  # fmt: skip
def test_ini_files(tmp_path):
    lines = "".join(f"{name} = {value}\n" for name, value in BARE.items())
    check(read(tmp_path / "c.txt", f"# left\n{lines}"))
    check(read(tmp_path / "c.toml", f"[camera]  # left\n{lines}dist = {BROWN}\nname = 'left'\n"), BROWN)
    zed = (
        f"[LEFT_CAM_2K]\nfx=1400\nfy=1400\ncx=1104\ncy=621\n\n[LEFT_CAM_VGA]\nfx={FX}\nfy={FY}\ncx=9\ncy=9\n"
    )
    assert "different cameras: " in refusal(tmp_path / "SN1.conf", zed, (640, 480))


@habit(
    KINDS,
    "K as numpy and MATLAB print it",
    "K; the size is the image's",
    "valid JSON; the file may be cut off",
)
@pytest.mark.parametrize("text", [
    f"{np.array(ROWS)}", f"K = {np.array(ROWS)!r}", f"K = {ROWS}", f"[{FX} 0 {CX}; 0 {FY} {CY}; 0 0 1]",
    f"% mine\nK: [{FX}, 0, {CX};\n 0, {FY}, {CY};\n 0, 0, 1];\n",
])  # fmt: skip
def test_K_as_it_is_printed(tmp_path, text):
    check(read(tmp_path / "K.txt", text, (640, 480)))


@habit(KINDS, "angles of view beside K (`hfov`, `fov_x`, `horizontal_fov`, ...)",
       "compared with K: a warning where they are of another", "dropped")  # fmt: skip
def test_angles_of_view_are_compared(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for angle in ({"hfov": 55}, {"fovx": 0.963}, {"vertical_fov": 42.8}, {"fov": 66.0}, {"fov": 55.0}):
            check(read(tmp_path / "c.json", {**BARE, **angle}))
        check(read(tmp_path / "c.json", {**BARE, "hfov": 90, "D": BROWN}), BROWN)  # a lens bends the border
    for angle in ({"hfov": 90}, {"fov_y": 60.0}, {"fov": 30}, {"hfov": 400}):
        with pytest.warns(InputWarning, match="another resolution"):
            check(read(tmp_path / "c.json", {**BARE, **angle}))


@habit(KINDS, "`depth_unit: mm`, GraspNet's `factor_depth`", "the depth unit", "dropped, or refused")
def test_other_depth_units(tmp_path):
    for member, unit in (
        ({"depth_unit": "mm"}, 1e-3),
        ({"depth_unit": "meters"}, 1.0),
        ({"factor_depth": 1000}, 1e-3),
    ):
        assert read_camera(put(tmp_path / "c.json", {**BARE, **member}))[1] == pytest.approx(unit)
    assert "mm, cm or m" in refusal(tmp_path / "c.json", {**BARE, "depth_unit": "feet"})


@habit(KINDS, "a UTF-8 BOM, or UTF-16 of a shell", "read", "refused: a BOM is no JSON")  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path, encoding):
    (tmp_path / "c.json").write_bytes(json.dumps(WITH_K).encode(encoding))
    check(read_camera(tmp_path / "c.json")[0])


@habit(KINDS, "`depth_scale: 0.001`, which is metres and not BOP's millimetres", "metres, with a warning",
       "a scene of millimetres")  # fmt: skip
def test_depth_scales_in_metres(tmp_path):
    for scale in (0.001, 0.00025):
        with pytest.warns(InputWarning, match="metres a unit"):
            assert read_camera(put(tmp_path / "c.json", {**BARE, "depth_scale": scale}))[1] == scale
    for scale in (0.1, 1.0, 0.05):
        found = read_camera(put(tmp_path / "c.json", {**BARE, "depth_scale": scale}))[1]
        assert found == pytest.approx(scale / 1000)
    assert read_camera(put(tmp_path / "c.json", {**BARE, "depth_units": 0.00025}))[1] == 0.00025


NO_CAMERA = {
    "unknown member": ({**WITH_K, "skews": 0.1}, "skews"),
    "unknown object": ({**WITH_K, "lens_shift": {"x": 0.1}}, "lens_shift"),
    "two Ks": ({**WITH_K, **BARE, "fx": 500.0}, "different values"),
    "two sizes": ({**WITH_K, "image_size": [1280, 960]}, "one size"),
    "member twice": ('{"K": 1, "width": 640, "height": 480, "K": 2}', "twice"),
    "names but for case": ({**WITH_K, "Width": 1280}, "different values"),
    "height only": ({"K": ROWS, "height": 480}, "'width'"),
    "turned resolution": ({"K": ROWS, "resolution": [640, 480]}, "resolution"),
    "several cameras": ({"color": BARE, "depth": {**BARE, "fx": 400.0}}, "2 different cameras: color, depth"),
    "two depth units": ({**BARE, "depth_scale": 1.0, "depth_units": 0.0001}, "one depth unit"),
    "numbers as text": ({**BARE, "fx": "612.4"}, "612.4"),
    "offset": ({**SIZE, "K": [[FX, 0, CX, 9], [0, FY, CY, 0], [0, 0, 1, 0]]}, "offset"),
    "rows and data": ({**SIZE, "camera_matrix": {"rows": 3, "cols": 3, "data": FLAT[:8]}}, "8 numbers"),
}


@habit(KINDS, "members that nothing knows, contradictions, several cameras in one file", "refused by name",
       "unknown members were dropped")  # fmt: skip
@pytest.mark.parametrize("name", NO_CAMERA)
def test_what_is_not_understood_is_refused_by_name(tmp_path, name):
    content, message = NO_CAMERA[name]
    assert message in refusal(tmp_path / "c.json", content)


def test_unknown_texts_are_warned_of(tmp_path):
    with pytest.warns(InputWarning, match="mounted"):
        check(read(tmp_path / "c.json", {**WITH_K, "mounted": "on the wrist"}))


HOSTILE = {
    "alias bomb": ("c.yaml", "a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n", "alias"),
    "twice": ("c.yaml", "K: 1\nK: 2\n", "twice"),
    "nested": ("c.yaml", "[" * 5000, "c.yaml"),
    "a list as a name": ("c.yaml", "? [1, 2]\n: 3\n", "as a name"),
    "entities": ("c.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
    "deep XML": ("c.xml", "<a>" * 2000 + "</a>" * 2000, "nested too deeply"),
    "cut off": ("c.xml", "<opencv_storage><fx>1", "valid XML"),
    "too large": ("c.yaml", "a: 1\n" * 300_000, "1 MB"),
    "a long number": ("c.json", json.dumps(BARE).replace("612.4", "1" * 5000), "c.json"),
    "a large number": ("c.json", json.dumps(BARE).replace("612.4", "1" * 400), "fx"),
    "empty": ("c.yaml", "", "an empty file"),
    "a scalar": ("c.yaml", "hello", "the text 'hello'"),
    "a web page": ("c.json", "<!DOCTYPE html><html></html>", "a web page"),
    "a pointer": ("c.json", "version https://git-lfs.github.com/spec/v1\nsize 9\n", "git lfs pull"),
    "a JSON of comments": ("c.json", '{"fx": 1, // mine\n"fy": 1}', "no comments"),
    "JSON cut off": ("c.json", json.dumps(BARE)[:30], "cut off"),
    "an INI line twice": ("c.ini", "[a]\nfx = 1\nfx = 2\n", "c.ini' [line 3]: option 'fx'"),
    "many members": ("c.xml", "<a>" + "".join(f"<b{n}/>" for n in range(20_000)) + "</a>", "members"),
    "a tab in YAML": ("c.yaml", "fx: 1\n\tfy: 2\n", "at line 2, column 1"),
    "a python object": ("c.yaml", "fx: !!python/object/apply:os.system [ls]\n", "c.yaml"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(tmp_path, name):
    file, text, message = HOSTILE[name]
    assert message in refusal(tmp_path / file, text)


LARGE = {
    "c.yaml": "K: [" + "1," * 20_000 + "1]",
    "names.yaml": "".join(f"k{index}: 1\n" for index in range(5000)),
    "many.yaml": "- [1]\n" * 100_000,
    "c.xml": "<a>" + "".join(f"<b{index}/>" for index in range(70_000)) + "</a>",
    "data.xml": "<a><data>" + "1 " * 300_000 + "</data></a>",
    "c.ini": "[a]\n" + "".join(f"k{index} = 1\n" for index in range(60_000)),
    "c.json": '{"K": [' + "1," * 50_000 + "1]}",
    "c.txt": "1 " * 50_000,
}


@pytest.mark.parametrize("name", [*LARGE, "c.npy", "c.npz"])
def test_large_files_take_little_memory(tmp_path, name):
    """Also those that only say that they are large: a header of 8 GB, an archive of 40 MB of zeros."""
    path = tmp_path / name
    if name == "c.npy":
        np.save(path, np.zeros(9))
        path.write_bytes(path.read_bytes().replace(b"(9,), ", b"(1000000000,),").replace(b"       \n", b"\n"))
    elif name == "c.npz":
        np.savez_compressed(path, mtx=np.zeros(5_000_000))
    else:
        path.write_text(LARGE[name])
    tracemalloc.start()
    with pytest.raises(InputError, match=name):
        read_camera(path, (640, 480))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * path.stat().st_size + 3_000_000


GOOD_TEXTS = (
    ("ini", f"[camera]\nfx = {FX}\nfy = {FY}\ncx = {CX}  # px\ncy = {CY}\nd = {BROWN}\nwidth = 640\n"),
    ("json", json.dumps({**ROS, "K": FLAT, "D": BROWN})),
    ("yaml", f"%YAML:1.0\n---\nK: !!opencv-matrix\n   rows: 3\n   data: {FLAT}\nd: {BROWN}\n"),
    ("xml", "<?xml version='1.0'?><opencv_storage><K type_id='opencv-matrix'><rows>3</rows><cols>3</cols>"
     f"<dt>d</dt><data>{' '.join(map(str, FLAT))}</data></K><width>640</width></opencv_storage>"),
    ("txt", "\n".join(" ".join(map(str, row)) for row in ROWS)),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory, data):
    """A few characters changed anywhere: a camera or an InputError, and nothing else."""
    suffix, text = data.draw(st.sampled_from(GOOD_TEXTS))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.text(max_size=4)) + text[at + data.draw(st.integers(0, 8)) :]
    read_or_refuse(tmp_path_factory, f"c.{suffix}", text.encode("utf-8", "surrogatepass"))


@settings(max_examples=40, deadline=None)
@given(suffix=st.sampled_from(["json", "yaml", "xml", "txt", "npy", "npz"]), content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, suffix, content):
    read_or_refuse(tmp_path_factory, f"c.{suffix}", content)


MEMBER = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["data", "rows", "k1"]), inner)
    ),
    max_leaves=6,
)
NAMES = ["K", "k", "fx", "cx", "width", "D", "distortion", "model", "roi", "P", "frames", "image_size", "k4"]


@settings(max_examples=60, deadline=None)
@given(members=st.dictionaries(st.sampled_from([*NAMES, "depth_scale", "is_fisheye", "intrinsics"]), MEMBER))
def test_any_members_are_read_or_refused(tmp_path_factory, members):
    read_or_refuse(tmp_path_factory, "c.json", json.dumps({**WITH_K, **members}).encode())


def read_or_refuse(tmp_path_factory, name: str, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            camera, _ = read_camera(path, (640, 480))
        except InputError as error:
            assert name in str(error) or str(error).startswith("camera ")
        else:
            assert camera.K.isfinite().all()


FIELD = {
    "D_key": [0.2, -0.5, 0, 0, 0.3], "dist_key": [0.2, -0.5, 0, 0, 0.3], "bop_k1": [0.2, -0.5, 0, 0],
    "ros_msg": [0.12, -0.3, 0.001, 0.0, 0.15], "equidistant": FISHEYE, "equidistant_D": FISHEYE,
    "bom": None, "open3d": None, "realsense": None, "ros2_msg": None, "scale_metres": None, "opencv": None,
    "ros_calib": None, "cam_K": None,
}  # fmt: skip


@habit(KINDS, "the files of users' reports", "each its K, size and lens",
       "6 of 15 lost their lens, 5 were refused")  # fmt: skip
@pytest.mark.filterwarnings("ignore::objpose.errors.InputWarning")
def test_files_of_the_field(shared_data):
    folder = shared_data / "field" / "cameras"
    for stem, lens in FIELD.items():
        [path] = folder.glob(f"{stem}.*")
        camera, _ = read_camera(path, (640, 480))
        fisheye = stem.startswith("equidistant")
        f, x, y = (300, 320, 240) if fisheye else (612.4, 322.7, 236.1)
        expected = [[f, 0, x], [0, f, y], [0, 0, 1]]
        np.testing.assert_allclose(camera.K, expected)
        assert (camera.fisheye, camera.width, camera.height) == (fisheye, 640, 480)
        if lens is None:
            assert camera.distortion is None
        else:
            np.testing.assert_allclose(camera.distortion[: len(lens)], lens)


@habit(KINDS, "`objpose cameras --intrinsics` with any of these files", "that camera, with its lens, for all",
       "`K` or `fx` in JSON only, and the lens dropped")  # fmt: skip
def test_intrinsics_of_photos(tmp_path):
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((480, 640, 3), np.uint8))
    np.savetxt(tmp_path / "cam_K.txt", ROWS)
    put(tmp_path / "info.json", {**ROS, "K": FLAT, "D": BROWN})
    put(tmp_path / "each.json", {"b.png": {**WITH_K, "D": FISHEYE, "distortion_model": "equidistant"}})
    for photo in load_photos(tmp_path, tmp_path / "cam_K.txt"):
        check(photo.camera)
    for photo in load_photos(tmp_path, tmp_path / "info.json"):
        check(photo.camera, BROWN)
    a, b = load_photos(tmp_path, tmp_path / "each.json")
    assert a.camera is None
    check(b.camera, FISHEYE, fisheye=True)
