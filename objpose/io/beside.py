"""Files that another file names: found beside it as people move folders between machines, never elsewhere."""

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath

from objpose.errors import warn_input

ROOT = re.compile(r"^(?:file:/+|[A-Za-z]:)")  # of a URI, or a drive


def find_beside(file: Path, name: str) -> Path | None:
    """The file that `file` calls `name`, in its folder or below; None where there is none.

    Backslashes are separators, the case of letters and the composition of accents may differ. A path that
    leads out of the folder (absolute, with a drive, or by `..`) is not followed: the file of that name beside
    `file` is taken, with a warning.
    """
    name = ROOT.sub("/", name.strip().strip('"').replace("\\", "/"))
    parts = [part for part in PurePosixPath(name).parts if part not in (".", "/", "//")]
    if not parts or "\0" in name:
        return None
    if name.startswith("/") or _climbs_out(parts):
        found = _descend(file.parent, parts[-1:])
        if found is not None:
            cure = f"{found.name} beside it is used"
            warn_input(file, f"the path {name}", "a path within the folder of the file", cure)
        return found
    return _descend(file.parent, parts)


def _climbs_out(parts: list[str]) -> bool:
    depth = 0
    for part in parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def _descend(folder: Path, parts: list[str]) -> Path | None:
    path = folder
    for part in parts:
        found = path / part if part == ".." or (path / part).exists() else _same_letters(path, part)
        if found is None:
            return None
        path = found
    return path if path.is_file() else None


def _same_letters(folder: Path, name: str) -> Path | None:
    """The one entry that differs from `name` in case or in composed accents alone."""
    if not folder.is_dir():
        return None
    alike = [entry for entry in os.listdir(folder) if _letters(entry) == _letters(name)]
    return folder / alike[0] if len(alike) == 1 else None


def _letters(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
