"""Arrays kept in a folder, each group of them in a file by its key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from objpose.io.atomic import atomic_path


class StoredArrays:
    """A folder of arrays by key, or no folder, which keeps nothing.

    Files are written whole or not at all. One that cannot be read counts as absent: what is kept here can
    always be computed anew, and is then written over it.
    """

    def __init__(self, folder: str | Path | None):
        self.folder = None if folder is None else Path(folder)

    def read(self, key: str) -> dict[str, np.ndarray]:
        """The arrays of a key by name; none where nothing is kept, or nothing that can be read."""
        if self.folder is None or not (path := self._path(key)).is_file():
            return {}
        try:
            return load_file(path)
        except SafetensorError:
            return {}

    def write(self, key: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep arrays by name under a key."""
        if self.folder is None:
            return
        with atomic_path(self._path(key)) as temporary:
            save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary)

    def _path(self, key: str) -> Path:
        assert self.folder is not None  # both callers looked
        return self.folder / f"{key}.safetensors"
