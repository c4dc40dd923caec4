"""A folder of posed pictures of one object: cameras, pictures, masks and perhaps depth."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.io import read_depth, read_image, read_mask
from objpose.io.photo_cameras import PhotoCamera, read_photo_cameras
from objpose.io.transforms import picture_path, read_transforms

MILLIMETRES = 0.001
SUFFIXES = (".png", ".npy", ".tif", ".jpg")
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".exr")


@dataclass(frozen=True, eq=False)
class PosedViews:
    frames: list[Frame]  # N
    masks: list[Tensor]  # N of (H, W) bool
    cam_from_obj: SE3  # (N,) metres; the object's frame is the world of the cameras
    names: list[str]


def read_posed_views(
    folder: str | os.PathLike, depth_scale: float = MILLIMETRES, pictures: str | os.PathLike | None = None
) -> PosedViews:
    """Read `folder`: transforms.json or cameras.json, the pictures that it names, masks and perhaps depth.

    transforms.json may name a picture's mask and depth; else masks/NAME.png belongs to the picture NAME.jpg
    (or of any suffix) and depth/NAME.png likewise, with the folders of NAME or without. A mask shows the
    whole visible object. Photos that cameras.json leaves without a place are passed over.

    Args:
        depth_scale: metres per stored unit of the depth pictures, where transforms.json does not say it.
        pictures: folder that the pictures' names are relative to; `folder` where None.

    Raises InputError, naming the file, for what is missing or does not fit.
    """
    folder = Path(folder)
    pictures = folder if pictures is None else Path(pictures)
    placed = [photo for photo in _photos(folder, pictures).values() if photo.cam_from_world is not None]
    if len(placed) < 2:
        raise InputError(folder, f"{len(placed)} placed cameras", "two or more", "recover the cameras first")
    masks, depths = (_Companions(folder, kind, placed) for kind in ("masks", "depth"))
    has_depth = (folder / "depth").is_dir() or any(photo.depth is not None for photo in placed)
    frames, found = [], []
    for photo in placed:
        depth = None
        if has_depth:
            depth = read_depth(depths.of(photo, photo.depth), photo.depth_unit or depth_scale)
        frame = Frame(read_image(picture_path(pictures, photo.name)), photo.camera, depth)
        mask_path = masks.of(photo, photo.mask)
        frames.append(frame)
        found.append(frame.checked_mask(read_mask(mask_path), str(mask_path)))
    transforms = SE3.stack([photo.cam_from_world for photo in placed])
    return PosedViews(frames, found, transforms, [photo.name for photo in placed])


def _photos(folder: Path, pictures: Path) -> dict[str, PhotoCamera]:
    if (folder / "transforms.json").is_file():
        return read_transforms(folder / "transforms.json", pictures)
    if (folder / "cameras.json").is_file():
        return read_photo_cameras(folder / "cameras.json")
    cure = "make it with `objpose cameras`, or export it from nerfstudio or COLMAP"
    raise InputError(folder, "no cameras", "transforms.json or cameras.json", cure)


class _Companions:
    """The files of one kind that belong to the pictures."""

    def __init__(self, folder: Path, kind: str, photos: Sequence[PhotoCamera]) -> None:
        self.folder, self.kind = folder, kind
        self.tails = Counter(tail for photo in photos for tail in _tails(photo.name))

    def of(self, photo: PhotoCamera, named: str | None) -> Path:
        """The file that the camera file names, else that of the picture's name.

        Raises InputError where there is none; a name that several pictures end with is nobody's.
        """
        if named is not None:
            return picture_path(self.folder, named)
        tails = _tails(photo.name)
        for name in [photo.name, *(tail for tail in tails if self.tails[tail] == 1)]:
            for suffix in SUFFIXES:
                path = self.folder / self.kind / f"{name}{suffix}"
                if path.is_file():
                    return path
        cure = f"put one there for every picture, named {tails[0]}.png"
        expected = f"a {self.kind.rstrip('s')} picture"
        raise InputError(self.folder / self.kind, f"none for {photo.name}", expected, cure)


def _tails(name: str) -> list[str]:
    """A picture's name without its suffix, which it may lack, with ever fewer of its folders."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = (path.with_suffix("") if path.suffix.lower() in PICTURES else path).parts
    return ["/".join(parts[start:]) for start in range(len(parts))]
