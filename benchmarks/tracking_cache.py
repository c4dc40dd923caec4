"""Folders of rendered pictures that are kept from run to run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

CACHE = Path(tempfile.gettempdir()) / "objpose-tracking"
EDITION = 1  # of what is rendered: raised when that changes, so that nothing kept is taken for it


def kept(folder: Path, write: Callable[[Path], None]) -> Path:
    """The folder, written whole or not at all where it is not there yet. Two processes may ask at once."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        write(part)
        if not folder.is_dir():
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder
