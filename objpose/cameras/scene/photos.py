"""The photos to solve, with what is known of their cameras."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.geometry import Camera
from objpose.io import read_camera, read_json, read_mask, read_photo_cameras, read_view_image
from objpose.io.companions import match_companions
from objpose.io.images import read_image_size
from objpose.io.photos import list_photos

Intrinsics = str | os.PathLike | Mapping[str, Camera] | Camera | None


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo.

    name: its file in the folder; image: (H, W, 3) uint8 RGB, upright, or as stored where its camera is of
    the stored pixels; camera: its intrinsics, None where unknown;
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
    folder: str | os.PathLike,
    intrinsics: Intrinsics = None,
    masks: str | os.PathLike | None = None,
    are_masks_needed: bool = False,
) -> list[Photo]:
    """The photos of a folder, sorted by name.

    intrinsics: one Camera for all, cameras by file name, or a file of either: any that `read_camera` reads,
    or `{name: {"K", "width", "height"}}`; of upright photos, or of the pixels as stored, which its size
    tells; pixel centres at integers. masks: a folder with a mask named as the photo, for some or all.

    Raises:
        InputError: fewer than two photos, or intrinsics or masks of another size than their photo.
    """
    folder = Path(folder)
    paths = {path.relative_to(folder).as_posix(): path for path in list_photos(folder)}
    if len(paths) < 2:
        cure = "add a photo of the same scene from another place"
        raise InputError(folder, f"{len(paths)} photos", "at least two", cure)
    cameras = _read_intrinsics(intrinsics, paths)
    matched = {} if masks is None else match_companions(masks, list(paths), is_needed=are_masks_needed)
    seen = {name: _read_photo(name, path, cameras, matched.get(name)) for name, path in paths.items()}
    turned = [name for name, (_, is_turned) in seen.items() if is_turned]
    if turned:
        names = ", ".join(turned[:3]) + (", ..." if len(turned) > 3 else "")
        found = f"{len(turned)} photos turned upright by EXIF ({names})"
        cure = "the cameras are of the upright photos; save upright copies for programs that do not turn them"
        warn_input(folder, found, "photos stored upright, as COLMAP and nerfstudio read them", cure)
    return [photo for photo, _ in seen.values()]


def _read_photo(
    name: str, path: Path, cameras: Mapping[str, Camera] | Camera, mask_path: Path | None
) -> tuple[Photo, bool]:
    """The photo, and whether it was turned."""
    camera = cameras.get(name) if isinstance(cameras, Mapping) else cameras
    seen = read_view_image(path, None if camera is None else (camera.width, camera.height))
    mask = None if mask_path is None else read_mask(mask_path, photo=seen)
    return Photo(name, seen.pixels, camera, seen.focal_px, mask), seen.is_turned


def _read_intrinsics(intrinsics: Intrinsics, paths: Mapping[str, Path]) -> Mapping[str, Camera] | Camera:
    """Of all photos, or by name; a file that names none of them holds one camera for all."""
    if intrinsics is None or isinstance(intrinsics, Camera):
        return intrinsics or {}
    if isinstance(intrinsics, Mapping):
        return dict(intrinsics)
    if Path(intrinsics).suffix.lower() == ".json":
        content = read_json(intrinsics)
        if any(name in content for name in paths):
            return {name: entry.camera for name, entry in read_photo_cameras(intrinsics).items()}
    return read_camera(intrinsics, read_image_size(next(iter(paths.values()))))[0]
