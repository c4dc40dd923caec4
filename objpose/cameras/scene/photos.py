"""The photos to solve, with what is known of their cameras."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io import read_camera, read_json, read_mask, read_photo_cameras
from objpose.io.photos import list_photos, read_photo

Intrinsics = str | os.PathLike | Mapping[str, Camera] | Camera | None


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo.

    name: its file name; image: (H, W, 3) uint8 RGB, upright; camera: its intrinsics, None where unknown;
    focal_px: focal length by EXIF, pixels, or None; mask: (H, W) bool, where features may lie, or None for
    all.

    Raises:
        InputError: another kind of image, intrinsics or a mask of another size.
    """

    name: str
    image: np.ndarray
    camera: Camera | None = None
    focal_px: float | None = None
    mask: np.ndarray | None = None

    def __post_init__(self) -> None:
        image = np.asarray(self.image)
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            found = f"{image.dtype} of shape {image.shape}"
            raise InputError(self.name, found, "uint8 RGB, (height, width, 3)", "convert the photo")
        height, width = image.shape[:2]
        if self.camera is not None and (self.camera.width, self.camera.height) != (width, height):
            raise InputError(
                f"intrinsics of {self.name}",
                f"{self.camera.width} x {self.camera.height} pixels",
                f"{width} x {height}, the size of the upright photo",
                "give the intrinsics of this very photo, or none",
            )
        if self.mask is not None and self.mask.shape != (height, width):
            found = " x ".join(map(str, self.mask.shape[::-1])) + " pixels"
            expected = f"{width} x {height}, the size of the photo"
            raise InputError(f"mask of {self.name}", found, expected, "make it anew")


def load_photos(
    folder: str | os.PathLike, intrinsics: Intrinsics = None, masks: str | os.PathLike | None = None
) -> list[Photo]:
    """The photos of a folder, sorted by name.

    intrinsics: one Camera for all, cameras by file name, or a JSON file of either: `{"K", "width", "height"}`
    or `{name: {"K", "width", "height"}}`; of upright photos, pixel centres at integers. masks: a folder with
    a mask of the same stem for some or all photos.

    Raises:
        InputError: fewer than two photos, or intrinsics or masks of another size than their photo.
    """
    paths = list_photos(folder)
    if len(paths) < 2:
        cure = "add a photo of the same scene from another place"
        raise InputError(folder, f"{len(paths)} photos", "at least two", cure)
    cameras = _read_intrinsics(intrinsics)
    photos = []
    for path in paths:
        image, focal_px = read_photo(path)
        camera = cameras.get(path.name) if isinstance(cameras, dict) else cameras
        photos.append(Photo(path.name, image, camera, focal_px, _read_mask(path, masks)))
    return photos


def _read_intrinsics(intrinsics: Intrinsics) -> dict[str, Camera] | Camera:
    if intrinsics is None or isinstance(intrinsics, Camera):
        return intrinsics or {}
    if isinstance(intrinsics, Mapping):
        return dict(intrinsics)
    content = read_json(intrinsics)
    if "K" in content or "fx" in content:
        return read_camera(intrinsics)[0]
    return {name: entry.camera for name, entry in read_photo_cameras(intrinsics).items()}


def _read_mask(path: Path, masks: str | os.PathLike | None) -> np.ndarray | None:
    found = [] if masks is None else [one for one in list_photos(masks) if one.stem == path.stem]
    return read_mask(found[0]) if found else None
