"""transforms.json of nerfstudio and instant-ngp: world_from_cam with OpenGL camera axes, intrinsics a frame.

Their pixel centres lie at +0.5, as COLMAP's do, whose numbers these files were made to carry.
"""

from __future__ import annotations

import math
import os
import posixpath
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io.camera_files.depth_unit import take_depth_unit
from objpose.io.camera_files.entry import numbers_of
from objpose.io.camera_files.intrinsics import take_size
from objpose.io.camera_files.lens import FLAGS, MODELS, NAMED, take_lens
from objpose.io.camera_files.members import Members
from objpose.io.images import read_image_size
from objpose.io.json_file import JsonValue, read_json, write_json
from objpose.io.photo_cameras import PhotoCamera, read_motion

PIXEL_CENTRE = 0.5
# OpenGL cameras look along -z with y up: half a turn about x from OpenCV's.
OPENCV_FROM_OPENGL = SE3(torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], dtype=torch.float64))
DISTORTION = ("k1", "k2", "p1", "p2", "k3")
FISHEYE = ("k1", "k2", "k3", "k4")
LENS = ({*NAMED}, {*MODELS, *FLAGS})
SUFFIXES = ("", ".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG", ".webp", ".tif", ".tiff", ".bmp")
SAME = 1e-6  # by which the matrices of one camera may differ
SAME_FOCAL = 0.02  # share by which a focal length and an angle of view may differ
# What these files say beside a camera, or to those who train on them. applied_transform and applied_scale are
# read at the top.
NAMES = """
    file_path transform_matrix applied_transform applied_scale ply_file_path aabb_scale scale offset
    orientation_override auto_scale_poses_override train_filenames val_filenames test_filenames sharpness
    rotation colmap_im_id time timestamp camera_label enable_depth_loading enable_ray_loading
    white_transparent black_transparent mask_color fix_premult sharpen is_hdr up render_aabb
    n_extra_learnable_dims from_mitsuba from_na semantics_file_path normal_file_path ply_path
    points_path scene_box avglen totp totw aabb train_ids val_ids test_ids i_train i_val i_test image_id
    """
KNOWN = tuple(NAMES.split())
OTHER_AXES = ("from_mitsuba", "from_na")


def write_transforms(
    path: str | os.PathLike, photos: Iterable[PhotoCamera], points_file: str | None = None
) -> None:
    """Write the photos that are placed, as nerfstudio's `camera_model: OPENCV` or `OPENCV_FISHEYE`.

    points_file: name of a PLY of sparse points beside the file, for splatting, or None.

    Raises:
        InputError: what the format has no place for: both models in one file, a rational lens, skew.
    """
    placed = [photo for photo in photos if photo.cam_from_world is not None]
    models = sorted({"OPENCV_FISHEYE" if photo.camera.fisheye else "OPENCV" for photo in placed})
    if len(models) > 1:
        cure = "write a file for each lens, or undistort the photos"
        raise InputError(path, " and ".join(models), "one camera model", cure)
    content: dict = {"camera_model": models[0] if models else "OPENCV"}
    if points_file is not None:
        content["ply_file_path"] = points_file
    content["frames"] = [_frame(photo) for photo in placed]
    write_json(path, content)


def _motion(photo: PhotoCamera) -> SE3:
    """Of a photo in such a file: all of them are placed."""
    assert photo.cam_from_world is not None
    return photo.cam_from_world


def _frame(photo: PhotoCamera) -> dict:
    camera = photo.camera
    world_from_gl = _motion(photo).to(torch.float64).inverse() @ OPENCV_FROM_OPENGL
    return {
        "file_path": photo.name,
        "w": camera.width,
        "h": camera.height,
        "fl_x": camera.fx,
        "fl_y": camera.fy,
        "cx": camera.cx + PIXEL_CENTRE,
        "cy": camera.cy + PIXEL_CENTRE,
        **_distortion(photo),
        "transform_matrix": world_from_gl.matrix().tolist(),
    }


def _distortion(photo: PhotoCamera) -> dict[str, float]:
    camera = photo.camera
    coefficients = camera.distortion or (0.0,) * 4
    if camera.K[0, 1] != 0 or len(coefficients) > len(DISTORTION):
        found = "skew" if camera.K[0, 1] != 0 else "a rational lens"
        cure = "undistort the photo"
        raise InputError(f"camera of {photo.name}", found, "what transforms.json has members for", cure)
    return dict(zip(FISHEYE if camera.fisheye else DISTORTION, coefficients, strict=False))


def read_transforms(
    path: str | os.PathLike, pictures: str | os.PathLike | None = None
) -> dict[str, PhotoCamera]:
    """Read the frames; intrinsics may stand in the frame or at the top, focal lengths also as camera_angle_x.

    `applied_transform` and `applied_scale` are undone: the cameras stand in the frame, and in the unit, in
    which they were before the program that wrote the file moved them. A size that the file does not say is
    that of the picture.

    Args:
        pictures: folder that the pictures' names are relative to; that of the file where None.

    Raises:
        InputError: missing file or members, a lens that is not among ours, matrices with a scale, a picture
            that stands twice with different cameras, or members that nothing here knows.
    """
    path = Path(path)
    folder = path.parent if pictures is None else Path(pictures)
    return parse_transforms(read_json(path), lambda name: read_image_size(picture_path(folder, name)))


def parse_transforms(
    content: JsonValue, image_size: Callable[[str], tuple[int, int] | None]
) -> dict[str, PhotoCamera]:
    """The frames of such a file; image_size gives the width and height of a named picture where asked."""
    top = [member for name, member in content.members() if name != "frames"]
    _check_top(Members(content))
    world_from_written, scale = _undone(content)
    photos: dict[str, PhotoCamera] = {}
    by_path: dict[str, PhotoCamera] = {}
    for frame in content["frames"].items():
        photo = _read_frame(frame, top, image_size)
        written = _motion(photo).inverse()
        moved = SE3.from_rotation_translation(written.rotation, written.translation / scale)
        photo = replace(photo, cam_from_world=(world_from_written @ moved).inverse())
        first = by_path.setdefault(posixpath.normpath(photo.name.replace("\\", "/")), photo)
        photos.setdefault(first.name, first)
        if not _is_same(first, photo):
            where = f"{frame.file}: {frame.key_path}"
            cure = "take the wrong one out"
            raise InputError(where, f"{photo.name} again, with another camera", "each picture once", cure)
    return photos


def picture_path(folder: Path, name: str) -> Path:
    """The file that a name means: the suffix may be left out, and folders parted as on Windows."""
    names = [name, name.replace("\\", "/")]
    candidates = [folder / f"{name}{suffix}" for name in dict.fromkeys(names) for suffix in SUFFIXES]
    return next((candidate for candidate in candidates if candidate.is_file()), candidates[0])


def _check_top(members: Members) -> None:
    """Refuse what would turn all poses, where it is set."""
    for member in members.take(*OTHER_AXES):
        if member.value is not False:
            cure = "convert the poses to OpenGL's axes"
            raise InputError(f"{member.file}: {member.key_path}", member.value, "false or nothing", cure)


def _undone(content: JsonValue) -> tuple[SE3, float]:
    """What moves written cameras back: world_from_written, after a division by the scale."""
    scale = content["applied_scale"].number() if "applied_scale" in content else 1.0
    if scale <= 0:
        where = f"{content.file}: applied_scale"
        raise InputError(where, scale, "a number above 0", "correct the file")
    if "applied_transform" not in content:
        return SE3.identity(dtype=torch.float64), scale
    return read_motion(content["applied_transform"]).inverse(), scale


def _read_frame(
    frame: JsonValue, top: list[JsonValue], image_size: Callable[[str], tuple[int, int] | None]
) -> PhotoCamera:
    own = {name.lower() for name, member in frame.members() if member.value is not None}
    # A frame's coefficients stand for themselves, as does its model: none of them come from the top.
    own = own.union(*(group for group in LENS if own & group))
    members = Members(frame, [member for member in top if member.key_path.lower() not in own])
    members.take(*KNOWN)
    name = frame["file_path"].text()
    coefficients, fisheye = take_lens(members)
    width, height = take_size(members, None if _says_size(members.value, top) else image_size(name))
    K = _read_K(members, width, height)
    depth_unit = take_depth_unit(members)
    mask, depth = (members.one(*names) for names in (("mask_path",), ("depth_file_path", "depth_path")))
    members.end()
    return PhotoCamera(
        name,
        Camera.from_K(K, width, height, coefficients, fisheye),
        (read_motion(frame["transform_matrix"]) @ OPENCV_FROM_OPENGL.inverse()).inverse(),
        mask=None if mask is None else mask.text(),
        depth=None if depth is None else depth.text(),
        depth_unit=depth_unit,
    )


def _says_size(frame: JsonValue, top: list[JsonValue]) -> bool:
    return "w" in frame or any(member.key_path == "w" and member.value is not None for member in top)


def _read_K(members: Members, width: int, height: int) -> list[list[float]]:
    fx = _read_focal(members.one("fl_x"), members.one("camera_angle_x"), width)
    fy = _read_focal(members.one("fl_y"), members.one("camera_angle_y"), height)
    fx, fy = fx or fy, fy or fx
    if fx is None or fy is None:
        raise InputError(members.place, "no focal length", "fl_x or camera_angle_x", "add fl_x in pixels")
    cx, cy = members.one("cx"), members.one("cy")
    x = (width - 1) / 2 if cx is None else cx.number() - PIXEL_CENTRE
    y = (height - 1) / 2 if cy is None else cy.number() - PIXEL_CENTRE
    return [[fx, 0.0, x], [0.0, fy, y], [0.0, 0.0, 1.0]]


def _read_focal(focal: JsonValue | None, angle: JsonValue | None, length: int) -> float | None:
    """Pixels, from a focal length or the angle of view along `length` pixels; None without either."""
    if angle is None:
        return None if focal is None else focal.number()
    if not 0 < angle.number() < math.pi:
        raise InputError(
            f"{angle.file}: {angle.key_path}", angle.number(), "0 to pi", "give the angle in radians"
        )
    found = 0.5 * length / math.tan(0.5 * angle.number())
    if focal is not None and abs(found / focal.number() - 1) > SAME_FOCAL:
        both = f"{found:.1f} px of {length} px, beside {focal.key_path} {focal.number():g}"
        cure = "one of them is of another resolution: take it out"
        raise InputError(f"{angle.file}: {angle.key_path}", both, "the same focal length", cure)
    return found if focal is None else focal.number()


def _is_same(photo: PhotoCamera, other: PhotoCamera) -> bool:
    difference = _motion(photo).matrix() - _motion(other).matrix()
    files = [(one.mask, one.depth, one.depth_unit) for one in (photo, other)]
    is_same_camera = numbers_of(photo.camera) == numbers_of(other.camera)
    return bool(difference.abs().max() < SAME) and is_same_camera and files[0] == files[1]
