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
from objpose.io.transforms import read_transforms

READERS = {"transforms.json": read_transforms, "cameras.json": read_photo_cameras}


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

    masks/SUB/NAME.png belongs to the picture SUB/NAME.jpg (or of any suffix), depth/SUB/NAME.png likewise; a
    mask shows the whole visible object. Photos that cameras.json leaves without a place are passed over.

    Args:
        depth_scale: metres per stored unit of the depth pictures; None: as `read_depth`.
        pictures: folder that the pictures' names are relative to; `folder` where None.

    Raises InputError, naming the file, for what is missing or does not fit.
    """
    folder = Path(folder)
    pictures = folder if pictures is None else Path(pictures)
    placed = [camera for camera in _cameras(folder).values() if camera.cam_from_world is not None]
    if len(placed) < 2:
        raise InputError(folder, f"{len(placed)} placed cameras", "two or more", "recover the cameras first")
    paths = {camera.name: _picture(pictures, camera.name) for camera in placed}
    names = {name: _relative(path, pictures) for name, path in paths.items()}
    mask_of = match_companions(folder / "masks", list(names.values()))
    has_depth = (folder / "depth").is_dir()
    depth_of = match_companions(folder / "depth", list(names.values()), "depth") if has_depth else {}
    frames, masks = [], []
    for camera in placed:
        path, name = paths[camera.name], names[camera.name]
        photo = read_view_image(path, (camera.camera.width, camera.camera.height))
        mask_path = _needed(mask_of, folder / "masks", name)
        depth = (
            read_depth(_needed(depth_of, folder / "depth", name), depth_scale, photo) if has_depth else None
        )
        frame = Frame(photo.pixels, camera.camera, depth)
        frames.append(frame)
        masks.append(frame.checked_mask(read_mask(mask_path, photo=photo), str(mask_path)))
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
