"""A folder of posed pictures of one object: cameras, pictures, masks and perhaps depth."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
    """Read `folder`: transforms.json or cameras.json, the pictures that it names, masks and perhaps depth.

    transforms.json may name a picture's mask and depth; else masks/SUB/NAME.png belongs to the picture
    SUB/NAME.jpg (or of any suffix), depth/SUB/NAME.png likewise. A mask shows the whole visible object.
    Photos that cameras.json leaves without a place are passed over.

    Args:
        depth_scale: metres per stored unit of the depth pictures, where transforms.json does not say it;
            None: as `read_depth`.
        pictures: folder that the pictures' names are relative to; `folder` where None.

    Raises InputError, naming the file, for what is missing or does not fit.
    """
    folder = Path(folder)
    pictures = folder if pictures is None else Path(pictures)
    placed = [photo for photo in _photos(folder, pictures).values() if photo.cam_from_world is not None]
    if len(placed) < 2:
        raise InputError(folder, f"{len(placed)} placed cameras", "two or more", "recover the cameras first")
    paths = {photo.name: picture_path(pictures, photo.name) for photo in placed}
    masks, depths = (_companions(folder, kind, placed, paths, pictures) for kind in ("mask", "depth"))
    frames, found = [], []
    for photo in placed:
        path = paths[photo.name]
        view = read_view_image(path, (photo.camera.width, photo.camera.height))
        scale = photo.depth_unit or depth_scale
        depth = read_depth(depths[photo.name], scale, view) if depths else None
        frame = Frame(view.pixels, photo.camera, depth)
        mask = read_mask(masks[photo.name], photo=view)
        frames.append(frame)
        found.append(frame.checked_mask(mask, str(masks[photo.name])))
    transforms = SE3.stack([photo.cam_from_world for photo in placed])
    return PosedViews(frames, found, transforms, [photo.name for photo in placed])


def _photos(folder: Path, pictures: Path) -> dict[str, PhotoCamera]:
    if (folder / "transforms.json").is_file():
        return read_transforms(folder / "transforms.json", pictures)
    if (folder / "cameras.json").is_file():
        return read_photo_cameras(folder / "cameras.json")
    cure = "make it with `objpose cameras`, or export it from nerfstudio or COLMAP"
    raise InputError(folder, "no cameras", "transforms.json or cameras.json", cure)


def _companions(
    folder: Path, kind: str, photos: Sequence[PhotoCamera], paths: dict[str, Path], pictures: Path
) -> dict[str, Path]:
    """The file of each photo, by its name: that which the camera file names, else that of its own name.

    Empty where there is no depth at all.
    """
    named = {photo.name: getattr(photo, kind) for photo in photos if getattr(photo, kind) is not None}
    found = {name: picture_path(folder, file) for name, file in named.items()}
    home = folder / ("masks" if kind == "mask" else kind)
    if kind == "depth" and not named and not home.is_dir():
        return {}
    if len(found) < len(photos):
        names = {photo.name: _relative(paths[photo.name], pictures) for photo in photos}
        matched = match_companions(home, [names[name] for name in names if name not in found], kind)
        found |= {name: _needed(matched, home, names[name]) for name in names if name not in found}
    return found


def _relative(path: Path, folder: Path) -> str:
    """The name by which masks and depth are matched: within the folder of masks, without images/."""
    name = Path(os.path.relpath(path, folder)).as_posix()
    parts = [part for part in name.split("/") if part not in ("..", ".")]
    return "/".join(parts[1:] if parts[0] == "images" and len(parts) > 1 else parts)


def _needed(found: dict[str, Path], folder: Path, name: str) -> Path:
    if name not in found:
        kind = folder.name.rstrip("s")
        cure = f"put one there for every picture, named {Path(name).with_suffix('.png')}"
        raise InputError(folder, f"none for {name}", f"a {kind} picture", cure)
    return found[name]
