"""cameras.json: where photos were taken from, one entry a photo."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io.camera_files.entry import camera_of
from objpose.io.json_file import JsonValue, read_json, write_json

# A matrix further from a rotation than this, in any entry of R^T R, was not rounded but is something else.
ROTATION_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class PhotoCamera:
    """The camera of one photo.

    name: file name of the photo, relative to the folder of all.   camera: K with pixel centres at integers.
    cam_from_world: SE3 () in float64, or None for a photo that could not be placed.
    confidence: chance in [0, 1] that the photo is placed right, or None where nobody said.
    reason: why a photo is left out or doubted, or None.
    mask, depth: files that belong to the photo, named as it is, or None where nobody said; depth_unit: metres
    per stored unit of that depth, or None.
    """

    name: str
    camera: Camera
    cam_from_world: SE3 | None
    confidence: float | None = None
    reason: str | None = None
    mask: str | None = None
    depth: str | None = None
    depth_unit: float | None = None


def write_photo_cameras(path: str | os.PathLike, photos: Iterable[PhotoCamera]) -> None:
    """Write `{name: {"width", "height", "K"[, "distortion"[, "distortion_model"]], "cam_from_world"
    [, "confidence", "reason"]}}`.

    K is 3x3, cam_from_world 4x4 or null; the model is "equidistant" for a fisheye. The file is written whole
    or not at all.
    """
    write_json(path, {photo.name: _entry(photo) for photo in photos})


def _entry(photo: PhotoCamera) -> dict:
    camera, motion = photo.camera, photo.cam_from_world
    entry = {"width": camera.width, "height": camera.height, "K": camera.K.tolist()}
    if camera.distortion is not None:
        entry["distortion"] = list(camera.distortion)
    if camera.fisheye:
        entry["distortion_model"] = "equidistant"
    entry["cam_from_world"] = None if motion is None else motion.to(torch.float64).matrix().tolist()
    if photo.confidence is not None:
        entry["confidence"] = photo.confidence
    if photo.reason is not None:
        entry["reason"] = photo.reason
    return entry


def read_photo_cameras(path: str | os.PathLike) -> dict[str, PhotoCamera]:
    """Read such a file; entries of intrinsics alone, without cam_from_world, are read as photos not placed.

    Intrinsics may have any of the forms that `read_camera` reads.

    Raises:
        InputError: missing file, members missing, or numbers that are no camera or no rigid motion.
    """
    return {name: _read_entry(name, entry) for name, entry in read_json(path).members()}


def _read_entry(name: str, entry: JsonValue) -> PhotoCamera:
    camera, _ = camera_of(entry, known=("cam_from_world", "confidence", "reason"))
    confidence = entry["confidence"].number() if "confidence" in entry else None
    if confidence is not None and not 0 <= confidence <= 1:
        raise InputError(f"{entry.file}: {name}.confidence", confidence, "0 to 1", "correct the file")
    return PhotoCamera(
        name,
        camera,
        read_motion(entry["cam_from_world"]) if "cam_from_world" in entry else None,
        confidence,
        entry["reason"].text() if "reason" in entry else None,
    )


def read_motion(value: JsonValue) -> SE3:
    """A rigid motion from 4 rows (or 3) of 4 numbers, float64; InputError when it is none."""
    rows = [row.numbers(4) for row in value.items()]
    where = f"{value.file}: {value.key_path}"
    if len(rows) not in (3, 4) or (len(rows) == 4 and rows[3] != [0.0, 0.0, 0.0, 1.0]):
        raise InputError(where, f"{len(rows)} rows", "4 rows, the last 0 0 0 1", "give a 4x4 rigid motion")
    rotation = torch.tensor(rows, dtype=torch.float64)[:3, :3]
    error = float((rotation.mT @ rotation - torch.eye(3, dtype=torch.float64)).abs().max())
    if error > ROTATION_TOLERANCE or float(torch.linalg.det(rotation)) < 0:
        found = f"a 3x3 part with determinant {float(torch.linalg.det(rotation)):.4g}"
        raise InputError(where, found, "a rotation", "take scale and mirroring out of the matrix")
    return SE3.from_matrix(torch.tensor(rows, dtype=torch.float64))
