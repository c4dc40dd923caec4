"""A folder of posed pictures of one object: cameras, pictures, masks and perhaps depth."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.io import read_depth, read_image, read_mask
from objpose.io.photo_cameras import PhotoCamera, read_photo_cameras
from objpose.io.transforms import read_transforms

READERS = {"transforms.json": read_transforms, "cameras.json": read_photo_cameras}
SUFFIXES = (".png", ".npy", ".tif", ".jpg")


@dataclass(frozen=True, eq=False)
class PosedViews:
    frames: list[Frame]  # N
    masks: list[Tensor]  # N of (H, W) bool
    cam_from_obj: SE3  # (N,) metres; the object's frame is the world of the cameras
    names: list[str]


def read_posed_views(
    folder: str | os.PathLike, depth_scale: float = 0.001, pictures: str | os.PathLike | None = None
) -> PosedViews:
    """Read `folder`: transforms.json or cameras.json, the pictures that it names, masks/ and perhaps depth/.

    masks/NAME.png belongs to the picture NAME.jpg (or of any suffix), depth/NAME.png likewise; a mask shows
    the whole visible object. Photos that cameras.json leaves without a place are passed over.

    Args:
        depth_scale: metres per stored unit of the depth pictures.
        pictures: folder that the pictures' names are relative to; `folder` where None.

    Raises InputError, naming the file, for what is missing or does not fit.
    """
    folder = Path(folder)
    pictures = folder if pictures is None else Path(pictures)
    placed = [camera for camera in _cameras(folder).values() if camera.cam_from_world is not None]
    if len(placed) < 2:
        raise InputError(folder, f"{len(placed)} placed cameras", "two or more", "recover the cameras first")
    has_depth = (folder / "depth").is_dir()
    frames, masks = [], []
    for camera in placed:
        path = _picture(pictures, camera.name)
        depth = read_depth(_beside(folder, "depth", path), depth_scale) if has_depth else None
        frame = Frame(read_image(path), camera.camera, depth)
        mask_path = _beside(folder, "masks", path)
        frames.append(frame)
        masks.append(frame.checked_mask(read_mask(mask_path), str(mask_path)))
    transforms = SE3.stack([camera.cam_from_world for camera in placed])
    return PosedViews(frames, masks, transforms, [camera.name for camera in placed])


def _cameras(folder: Path) -> dict[str, PhotoCamera]:
    found = [name for name in READERS if (folder / name).is_file()]
    if not found:
        cure = "make it with `objpose cameras`, or export it from nerfstudio or COLMAP"
        raise InputError(folder, "no cameras", " or ".join(READERS), cure)
    return READERS[found[0]](folder / found[0])


def _picture(folder: Path, name: str) -> Path:
    """The file that a name means; transforms.json may leave the suffix out."""
    path = folder / name
    candidates = [path, *(path.with_name(path.name + suffix) for suffix in (".png", ".jpg"))]
    return next((candidate for candidate in candidates if candidate.is_file()), path)


def _beside(folder: Path, kind: str, picture: Path) -> Path:
    for suffix in SUFFIXES:
        path = folder / kind / f"{picture.stem}{suffix}"
        if path.is_file():
            return path
    cure = f"put one there for every picture, named {picture.stem}.png"
    raise InputError(folder / kind, f"none for {picture.name}", f"a {kind.rstrip('s')} picture", cure)
