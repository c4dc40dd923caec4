"""The photos of a folder: those that are read, and what is not, by name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from objpose.errors import InputError, warn_input
from objpose.io.picture_kinds import HEIF_SUFFIXES, unread_reason

PHOTO_SUFFIXES = (
    ".jpg", ".jpeg", ".jfif", ".mpo", ".png", ".tif", ".tiff", ".bmp", ".webp", ".avif", ".jp2", ".ppm",
    ".pgm", *HEIF_SUFFIXES,
)  # fmt: skip
NO_PHOTOS = ("mask", "depth", "label", "seg", "normal", "alpha")  # in the names of folders beside photos
SMALLER = re.compile(r"(.+)_(2|4|8|16)")  # nerfstudio's and Mip-NeRF 360's folders of smaller copies
TEXT_SUFFIXES = (".json", ".txt", ".md", ".yaml", ".yml", ".xml", ".csv", ".log")  # no one means those
MOST_LISTED = 3


def list_photos(folder: str | os.PathLike) -> list[Path]:
    """The pictures of a folder by name; where it holds none itself, those of its subfolders (rigs).

    Whatever else is there, but for text, is warned of: leftovers of file browsers, formats that are not read,
    other files, and photos in subfolders. Names are those relative to the folder.

    Raises:
        InputError: no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        found, cure = unread_reason(folder) or ("a file", "give the folder that it is in")
        found, cure = (found, cure) if folder.is_file() else ("no such folder", "check the name")
        raise InputError(folder, found, "a folder of photos", cure)
    files, folders = _listing(folder)
    used, left = _sorted_out(files)
    for subfolder in folders:
        inside, _ = _sorted_out(_listing(subfolder)[0])
        if not inside and not _holds_photos(subfolder):
            continue
        if not inside:
            left.setdefault(
                (
                    "a folder without pictures of its own",
                    "give it by itself if there are photos deeper in it",
                ),
                [],
            ).append(subfolder)
        elif _is_of_copies(subfolder, folders):
            left.setdefault(("a folder of smaller copies", "give it by itself to use those"), []).append(
                subfolder
            )
        elif any(path.parent == folder for path in used) or _is_of_masks(subfolder):
            reason = f"a folder with {len(inside)} pictures", "give it by itself if those are photos"
            left.setdefault(reason, []).append(subfolder)
        else:
            used += inside
    _say_left(folder, left, len(used))
    return sorted(used)


def _listing(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files and folders in a folder, by name; hidden folders are no one's photos."""
    entries = sorted(folder.iterdir())
    folders = [path for path in entries if path.is_dir() and not path.name.startswith(".")]
    return [path for path in entries if path.is_file()], folders


def _sorted_out(files: list[Path]) -> tuple[list[Path], dict[tuple[str, str], list[Path]]]:
    """The photos, and the rest by (what it is, the cure)."""
    used: list[Path] = []
    left: dict[tuple[str, str], list[Path]] = {}
    for path in files:
        reason = unread_reason(path)
        if reason is None and path.suffix.lower() in PHOTO_SUFFIXES:
            used.append(path)
        elif reason is not None or path.suffix.lower() not in TEXT_SUFFIXES:
            reason = reason or ("no kind of file that is taken for a photo", "save it as PNG if it is one")
            left.setdefault(reason, []).append(path)
    return used, left


def _is_of_masks(folder: Path) -> bool:
    return any(word in folder.name.lower() for word in NO_PHOTOS)


def _holds_photos(folder: Path) -> bool:
    return any(path.suffix.lower() in PHOTO_SUFFIXES for path in folder.rglob("*"))


def _is_of_copies(folder: Path, folders: list[Path]) -> bool:
    """Whether this is images_2 beside images, with pictures of the same names."""
    smaller = SMALLER.fullmatch(folder.name)
    full = folder.with_name(smaller[1]) if smaller else None
    if full not in folders:
        return False
    return {path.stem for path in _listing(folder)[0]} <= {path.stem for path in _listing(full)[0]}


def _say_left(folder: Path, left: dict[tuple[str, str], list[Path]], used: int) -> None:
    for (what, cure), paths in left.items():
        names = ", ".join(path.name for path in paths[:MOST_LISTED])
        more = f" and {len(paths) - MOST_LISTED} more" if len(paths) > MOST_LISTED else ""
        found = f"{names}{more}: {what}"
        warn_input(folder, found, f"photos; {used} are used and {len(paths)} of these not", cure)
