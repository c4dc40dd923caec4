"""A folder of posed pictures of one object: cameras, pictures, masks and perhaps depth."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.io import read_depth, read_mask, read_view_image
from objpose.io.companions import match_companions
from objpose.io.photo_cameras import PhotoCamera, read_photo_cameras
from objpose.io.transforms import picture_path, read_transforms


@dataclass(frozen=True, eq=False)
class PosedViews:
    frames: list[Frame]  # N
    masks: list[Tensor]  # N of (H, W) bool
    cam_from_obj: SE3  # (N,) metres; the object's frame is the world of the cameras
    names: list[str]


def read_posed_views(
    folder: str | os.PathLike, depth_scale: float | None = None, pictures: str | os.PathLike | None = None
) -> PosedViews:
    """Read `folder`: transforms.json or cameras.json, the pictures that it names, masks/ and perhaps depth/.

    transforms.json may name a picture's mask and depth. Else masks/SUB/NAME.png belongs to the picture
    SUB/NAME.jpg (or of any suffix), depth/SUB/NAME.png likewise. A mask shows the whole visible object.
    Photos that cameras.json leaves without a place are passed over.

    Args:
        depth_scale: metres per stored unit of the depth pictures; None: what transforms.json says, else as
            `read_depth`.
        pictures: folder that the pictures' names are relative to; `folder` where None.

    Raises:
        InputError: something is missing or does not fit; names the file.
    """
    folder = Path(folder)
    pictures = folder if pictures is None else Path(pictures)
    placed = [photo for photo in _photos(folder, pictures).values() if photo.cam_from_world is not None]
    if len(placed) < 2:
        raise InputError(folder, f"{len(placed)} placed cameras", "two or more", "recover the cameras first")
    paths = {photo.name: picture_path(pictures, photo.name) for photo in placed}
    names = {name: _relative(path, pictures) for name, path in paths.items()}
    masks = _companions(folder, "masks", {names[photo.name]: photo.mask for photo in placed})
    has_depth = (folder / "depth").is_dir() or any(photo.depth is not None for photo in placed)
    named = {names[photo.name]: photo.depth for photo in placed} if has_depth else {}
    depths = _companions(folder, "depth", named)
    frames, found = [], []
    for photo in placed:
        name, size = names[photo.name], (photo.camera.width, photo.camera.height)
        image = read_view_image(paths[photo.name], size)
        scale = photo.depth_unit if depth_scale is None else depth_scale
        depth = read_depth(depths[name], scale, image) if has_depth else None
        frame = Frame(image.pixels, photo.camera, depth)
        frames.append(frame)
        found.append(frame.checked_mask(read_mask(masks[name], photo=image), str(masks[name])))
    motions = [photo.cam_from_world for photo in placed if photo.cam_from_world is not None]  # all are
    transforms = SE3.stack(motions)
    return PosedViews(frames, found, transforms, [photo.name for photo in placed])


def _photos(folder: Path, pictures: Path) -> dict[str, PhotoCamera]:
    if (folder / "transforms.json").is_file():
        return read_transforms(folder / "transforms.json", pictures)
    if (folder / "cameras.json").is_file():
        return read_photo_cameras(folder / "cameras.json")
    found, cure = "no cameras", "make it with `objpose cameras`, or export it from nerfstudio or COLMAP"
    if not folder.is_dir():
        is_file = folder.is_file()
        found = "a file" if is_file else "no such folder"
        cure = "give the folder that it is in" if is_file else "check the name"
    raise InputError(folder, found, "a folder with transforms.json or cameras.json", cure)


def _companions(folder: Path, kind: str, named: dict[str, str | None]) -> dict[str, Path]:
    """The files of pictures: those that the camera file names, the others by the pictures' names."""
    found = {name: picture_path(folder, file) for name, file in named.items() if file is not None}
    others = [name for name in named if name not in found]
    return found | (match_companions(folder / kind, others, kind.rstrip("s"), True) if others else {})


def _relative(path: Path, folder: Path) -> str:
    """The name by which masks and depth are matched: within the folder of masks, without images/."""
    name = Path(os.path.relpath(path, folder)).as_posix()
    parts = [part for part in name.split("/") if part not in ("..", ".")]
    return "/".join(parts[1:] if parts[0] == "images" and len(parts) > 1 else parts)
