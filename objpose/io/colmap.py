"""COLMAP models: cameras, images and points. COLMAP's pixel centres lie at +0.5, here alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io import colmap_binary, colmap_text
from objpose.io.atomic import named_refusals, reserve_room, sync_file
from objpose.io.colmap_records import CAMERA_MODELS, NO_POINT, ColmapCamera, ColmapImage, ColmapPoints
from objpose.io.photo_cameras import PhotoCamera

if TYPE_CHECKING:
    import pycolmap

PIXEL_CENTRE = 0.5


@dataclass(frozen=True, eq=False)
class SparsePoints:
    """Points in the world and where photos see them.

    xyz: (P, 3) float64.   rgb: (P, 3) uint8.
    A row an observation: point (O,) and photo (O,) are indices, pixels (O, 2) have centres at integers.
    """

    xyz: np.ndarray
    rgb: np.ndarray
    point: np.ndarray
    photo: np.ndarray
    pixels: np.ndarray


def write_colmap(
    folder: str | os.PathLike, photos: Sequence[PhotoCamera], points: SparsePoints | None = None
) -> None:
    """Write a binary model of the placed photos, with its rigs and frames, that COLMAP opens.

    photos: what SparsePoints.photo counts; those without cam_from_world are left out with what they see.
    Photos of equal intrinsics share a camera. Each file is written whole or not at all.

    Raises:
        InputError: a K with skew, which COLMAP's models do not have, a folder that cannot be made, or a disk
            without room.
    """
    model = _to_pycolmap(photos, points)
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(folder, error.strerror, "a folder to write into", "choose another place") from error
    with (
        named_refusals(folder),
        tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as temporary,
    ):
        reserve_room(Path(temporary), _most_bytes(photos, points))  # COLMAP notices no full disk
        model.write_binary(temporary)
        for file in sorted(Path(temporary).iterdir()):
            sync_file(file)
            os.replace(file, folder / file.name)


def _most_bytes(photos: Sequence[PhotoCamera], points: SparsePoints | None) -> int:
    """That a binary model may take: photos, each with its camera, rig and frame; points; observations."""
    count, seen = (0, 0) if points is None else (len(points.xyz), len(points.photo))
    return sum(500 + len(photo.name.encode()) for photo in photos) + 60 * count + 32 * seen


def _to_pycolmap(photos: Sequence[PhotoCamera], points: SparsePoints | None) -> pycolmap.Reconstruction:
    import pycolmap

    model = pycolmap.Reconstruction()
    numbers: dict[tuple, int] = {}
    seen = _observations(len(photos), points)
    for index, photo in enumerate(photos):
        if photo.cam_from_world is None:
            continue
        name, params = _to_colmap_params(photo)
        key = (name, photo.camera.width, photo.camera.height, tuple(params))
        if key not in numbers:
            numbers[key] = len(numbers) + 1
            size = {"width": photo.camera.width, "height": photo.camera.height}
            camera = pycolmap.Camera(camera_id=numbers[key], model=name, params=params, **size)
            model.add_camera_with_trivial_rig(camera)
        pixels = [] if points is None else points.pixels[seen[index]] + PIXEL_CENTRE
        image = pycolmap.Image(photo.name, np.asarray(pixels, float).reshape(-1, 2), numbers[key], index + 1)
        model.add_image_with_trivial_frame(image, _to_rigid(photo.cam_from_world))
    if points is not None:
        _add_points(model, points, seen)
    return model


def _observations(num_photos: int, points: SparsePoints | None) -> list[np.ndarray]:
    """For each photo the rows of its observations, in the order in which COLMAP will number them."""
    if points is None:
        return []
    return [np.flatnonzero(points.photo == index) for index in range(num_photos)]


def _add_points(model: pycolmap.Reconstruction, points: SparsePoints, seen: list[np.ndarray]) -> None:
    import pycolmap

    place = np.zeros(len(points.photo), dtype=int)
    for rows in seen:
        place[rows] = np.arange(len(rows))
    placed = np.array([model.exists_image(int(photo) + 1) for photo in points.photo], dtype=bool)
    tracks = [pycolmap.Track() for _ in points.xyz]
    for row in np.flatnonzero(placed):
        tracks[points.point[row]].add_element(int(points.photo[row]) + 1, int(place[row]))
    for xyz, rgb, track in zip(points.xyz, points.rgb, tracks, strict=True):
        model.add_point3D(xyz.astype(float), track, rgb.astype(np.uint8))
    model.update_point_3d_errors()


def _to_rigid(cam_from_world: SE3) -> pycolmap.Rigid3d:
    import pycolmap

    motion = cam_from_world.to(torch.float64)
    xyzw = motion.rotation.wxyz.roll(-1).numpy()
    return pycolmap.Rigid3d(pycolmap.Rotation3d(xyzw), motion.translation.numpy())


def _to_colmap_params(photo: PhotoCamera) -> tuple[str, list[float]]:
    camera = photo.camera
    if float(camera.K[0, 1]) != 0.0:
        cure = "rectify the photo, or drop the skew"
        raise InputError(f"K of {photo.name}", f"skew {float(camera.K[0, 1]):g}", "none", cure)
    pinhole = [camera.fx, camera.fy, camera.cx + PIXEL_CENTRE, camera.cy + PIXEL_CENTRE]
    if camera.distortion is None:
        return "PINHOLE", pinhole
    if camera.fisheye:
        return "OPENCV_FISHEYE", [*pinhole, *camera.distortion]
    if len(camera.distortion) == 4:
        return "OPENCV", [*pinhole, *camera.distortion]
    return "FULL_OPENCV", [*pinhole, *camera.distortion, *(0.0,) * (8 - len(camera.distortion))]


def read_colmap(folder: str | os.PathLike) -> tuple[list[PhotoCamera], SparsePoints]:
    """Read a model, binary or text, with the images in the order of the file.

    Raises:
        InputError: no model, files cut off or malformed, a camera model without OpenCV form, numbers that do
            not fit each other.
    """
    folder = Path(folder)
    binary = (folder / "cameras.bin").is_file()
    suffix, reader = (".bin", colmap_binary) if binary else (".txt", colmap_text)
    files = [folder / f"{name}{suffix}" for name in ("cameras", "images", "points3D")]
    for file in files:
        if not file.is_file():
            expected = "a COLMAP model: cameras, images and points3D, .bin or .txt"
            raise InputError(folder, f"no {file.name}", expected, "give the folder that holds them")
    cameras, images, points = (
        reader.read_cameras(files[0]), reader.read_images(files[1]), reader.read_points(files[2])
    )  # fmt: skip
    ours = {number: camera_from_colmap(camera, files[0]) for number, camera in cameras.items()}
    photos = [_from_colmap_image(image, ours, files[1]) for image in images]
    return photos, _sparse_points(images, points, files[1])


def read_colmap_cameras(path: str | os.PathLike) -> dict[int, Camera]:
    """The cameras of a cameras.txt or cameras.bin by number.

    Raises:
        InputError: as of `read_colmap`.
    """
    path = Path(path)
    reader = colmap_binary if path.suffix == ".bin" else colmap_text
    if not path.is_file():
        raise InputError(path, "no such file", "cameras of COLMAP", "check the name")
    return {number: camera_from_colmap(camera, path) for number, camera in reader.read_cameras(path).items()}


def camera_from_colmap(camera: ColmapCamera, file: Path) -> Camera:
    """Ours.

    Raises:
        InputError: models that are none of OpenCV's, as FOV and thin prisms.
    """
    counts = dict(CAMERA_MODELS.values())
    if counts.get(camera.model) != len(camera.params):
        found = f"{camera.model} with {len(camera.params)} parameters"
        raise InputError(file, found, f"one of {counts}", "export the camera again")
    fx, fy, cx, cy, *lens = _opencv_params(camera, file)
    fisheye = "FISHEYE" in camera.model
    K = [[fx, 0.0, cx - PIXEL_CENTRE], [0.0, fy, cy - PIXEL_CENTRE], [0.0, 0.0, 1.0]]
    return Camera.from_K(K, camera.width, camera.height, lens or None, fisheye)


def _opencv_params(camera: ColmapCamera, file: Path) -> list[float]:
    """fx, fy, cx, cy and OpenCV's coefficients in its order, none for a lens without."""
    p = list(camera.params)
    single = [p[0], *p[:3]]  # one focal length for both axes
    match camera.model:
        case "SIMPLE_PINHOLE" | "SIMPLE_FISHEYE":
            return single
        case "PINHOLE" | "FISHEYE" | "OPENCV" | "OPENCV_FISHEYE":
            return p
        case "SIMPLE_RADIAL" | "SIMPLE_RADIAL_FISHEYE":
            return [*single, p[3], 0.0, 0.0, 0.0]
        case "RADIAL" | "RADIAL_FISHEYE":
            return [*single, p[3], p[4], 0.0, 0.0]
        case "FULL_OPENCV":
            return p if any(p[9:]) else p[:9]
        case "THIN_PRISM_FISHEYE" if not any((*p[6:8], *p[10:])):
            return [*p[:6], *p[8:10]]
    expected = "a pinhole, or OpenCV's or the fisheye lens"
    raise InputError(file, f"camera model {camera.model}", expected, "undistort the images in COLMAP")


def _from_colmap_image(image: ColmapImage, cameras: dict[int, Camera], file: Path) -> PhotoCamera:
    where = f"{file}: {image.name}"
    if image.camera not in cameras:
        raise InputError(where, f"camera {image.camera}", f"one of {sorted(cameras)[:8]}", "remake the model")
    motion = torch.from_numpy(image.wxyz_xyz.copy())
    if not bool(torch.isfinite(motion).all()) or float(motion[:4].norm()) < 0.5:
        raise InputError(where, motion.tolist(), "a unit quaternion and a translation", "remake the model")
    return PhotoCamera(image.name, cameras[image.camera], SE3(motion).normalized())


def _sparse_points(images: list[ColmapImage], points: ColmapPoints, file: Path) -> SparsePoints:
    numbers = np.concatenate([image.points for image in images]) if images else np.empty(0, np.uint64)
    photo = np.repeat(np.arange(len(images)), [len(image.points) for image in images])
    pixels = np.concatenate([image.pixels for image in images]) if images else np.empty((0, 2))
    is_seen = numbers != np.uint64(NO_POINT)
    numbers, photo, pixels = numbers[is_seen], photo[is_seen], pixels[is_seen]
    order = np.argsort(points.numbers)
    place = np.searchsorted(points.numbers[order], numbers).clip(max=max(len(order) - 1, 0))
    if len(numbers) and (not len(order) or (points.numbers[order][place] != numbers).any()):
        raise InputError(file, "points that points3D does not hold", "the files of one model", "remake it")
    point = order[place] if len(numbers) else np.empty(0, int)
    return SparsePoints(points.xyz, points.rgb, point, photo, pixels - PIXEL_CENTRE)
