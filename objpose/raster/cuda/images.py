"""Compiled kernels, kept in the user's cache: seconds of compiling once for each source and architecture."""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

from objpose.raster.cuda import nvrtc

DIGEST_BYTES = hashlib.sha256().digest_size


def cached_image(architecture: int) -> bytes:
    """The kernels for a compute capability (e.g. 90 for 9.0), from the user's cache or compiled into it.

    Processes that find nothing at the same time all compile, and the file of the last one stays. A file that
    is not whole is deleted and made anew.

    Raises:
        NvrtcError: it must be compiled, and cannot be.
    """
    folder = cache_folder()
    if folder is None:
        return nvrtc.compile_image(architecture)
    path = folder / f"raster-{nvrtc.source_hash()}-{architecture}.bin"
    image = _read(path)
    if image is None:
        image = nvrtc.compile_image(architecture)
        _write(path, image)
    return image


def cache_folder() -> Path | None:
    """$XDG_CACHE_HOME/objpose, or ~/.cache/objpose; None for a user without a home: his processes compile."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "objpose"
    except RuntimeError:  # what Path.home() raises then
        return None


def _read(path: Path) -> bytes | None:
    """The image in a file, which begins with its digest; None where there is none that is whole."""
    try:
        content = path.read_bytes()
    except OSError:  # not there, or not for this user
        return None
    digest, image = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(image).digest() == digest:
        return image
    with suppress(OSError):  # of another user, or gone already: what is compiled now is used all the same
        path.unlink()
    return None


def _write(path: Path, image: bytes) -> None:
    """Whole or not at all; a cache that cannot be written only costs the next process a few seconds."""
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(hashlib.sha256(image).digest() + image)
        os.replace(partial, path)
    with suppress(OSError):  # there only where the disk is full, or where another process reads it on Windows
        partial.unlink(missing_ok=True)
