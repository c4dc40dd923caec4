"""Masks and depth maps that belong to photos: matched by the path in the folder, never by half of it."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from objpose.errors import InputError, warn_input
from objpose.io.stored_arrays import ARRAY_SUFFIXES

# Photos as they are listed; masks may also be arrays and shapes.
COMPANION_SUFFIXES = (
    ".png", *ARRAY_SUFFIXES, ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".webp", ".gif",
    ".pgm", ".pbm", ".json",
)  # fmt: skip
MOST_LISTED = 5


def match_companions(
    folder: str | os.PathLike, photos: Sequence[str], kind: str = "mask", is_needed: bool = False
) -> dict[str, Path]:
    """The file of each photo in a folder of masks or depth maps; photos without one are left out.

    Of the photo cam0/0001.jpg it is cam0/0001.png (of any suffix), cam0/0001.jpg.png as COLMAP writes it, or
    cam0/0001_mask.png. Without the subfolder it is taken where the photo's name is the only one of its kind.
    Files that match no photo are warned of, and so are photos without a file unless each needs one.

    Args:
        photos: names relative to their folder, with /.
        kind: mask or depth, for messages.

    Raises:
        InputError: no such folder, several files for a photo, a file that might be of several photos, or
            none for one that needs it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(folder, "no such folder", f"a folder of {kind} files", "check the name")
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in COMPANION_SUFFIXES]
    files = [path for path in files if path.is_file() and not _is_hidden(path.relative_to(folder))]
    by_name: dict[str, list[Path]] = {}
    for path in files:
        by_name.setdefault(_composed(path.relative_to(folder).with_suffix("").as_posix()), []).append(path)
    found = {photo: _of_photo(folder, photo, photos, by_name, kind) for photo in photos}
    matched = {photo: path for photo, path in found.items() if path is not None}
    _say_left(folder, kind, [p.relative_to(folder).as_posix() for p in files if p not in matched.values()])
    without = [photo for photo in photos if photo not in matched]
    if without:
        lack, expected = f"no {kind} of {_listed(without)}", f"a {kind} for each photo"
        if is_needed:
            cure = f"add each, named as its photo: {Path(without[0]).with_suffix('.png')}"
            raise InputError(folder, lack, expected, cure)
        warn_input(folder, lack, expected, "these have none; add it if they should")
    return matched


def _is_hidden(path: Path) -> bool:
    """Whether this is a leftover of a file browser, or lies in a hidden folder."""
    return any(part.startswith(".") for part in path.parts)


def _composed(name: str) -> str:
    """The name with its accents as one letter each, which macOS writes as two."""
    return unicodedata.normalize("NFC", name)


def _of_photo(
    folder: Path, photo: str, photos: Sequence[str], by_name: dict[str, list[Path]], kind: str
) -> Path | None:
    stem = _composed(Path(photo).with_suffix("").as_posix())
    for name in (stem, _composed(photo), f"{stem}_{kind}"):
        if name in by_name:
            return _only(folder, photo, by_name[name], kind)
    flat = Path(stem).name
    if flat == stem or flat not in by_name:
        return None
    others = [other for other in photos if Path(other).stem == flat]
    if len(others) > 1:
        cure = f"name it {stem}{by_name[flat][0].suffix}, as the photo in its folder"
        raise InputError(by_name[flat][0], f"a {kind} for {_listed(others)}", "one photo", cure)
    return _only(folder, photo, by_name[flat], kind)


def _only(folder: Path, photo: str, paths: list[Path], kind: str) -> Path:
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise InputError(folder, f"{names} for {photo}", f"one {kind}", "remove those that are not meant")
    return paths[0]


def _say_left(folder: Path, kind: str, names: list[str]) -> None:
    if names:
        cure = f"name a {kind} as its photo"
        warn_input(folder, f"{_listed(names)} of no photo", f"{kind} files of the photos", cure)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more
