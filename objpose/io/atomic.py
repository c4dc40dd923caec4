"""Write a file whole or not at all."""

import errno
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from objpose.errors import InputError

# What a disk says that has no room, or takes nothing.
REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


@contextmanager
def named_refusals(path: str | os.PathLike) -> Iterator[None]:
    """Name the file in what a disk says that is full, read-only or broken; Python itself does not.

    Raises:
        InputError: in place of such an OSError.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        found, cure = os.strerror(error.errno), "make room, or choose another place for the output"
        raise InputError(path, found, "a file that can be written", cure) from error


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Give the name of a temporary file beside `path`; on success it takes the place of `path` in one step.

    The temporary name keeps the suffix of `path`, as writers choose the format by it. When the block raises,
    the temporary file is removed and whatever stood at `path` before is untouched.

    Raises:
        InputError: the folder of `path` does not exist and cannot be made, `path` is a folder, or the disk is
            full or read-only.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(path, "a folder", "the name of a file to write", "give a file name inside it")
    make_parent(path)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}.tmp{path.suffix}")
    try:
        with named_refusals(path):
            yield temporary
            sync_file(temporary)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_file(path.parent)


def reserve_room(folder: Path, size: int) -> None:
    """See that a file of so many bytes can be written there, for writers that do not notice a full disk.

    Raises:
        OSError: it cannot.
    """
    if not hasattr(os, "posix_fallocate"):  # as on macOS
        return
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, size))
        except OSError as error:
            if error.errno in REFUSALS:  # else a file system that reserves nothing
                raise


def sync_file(path: Path) -> None:
    """Flush a file, or the entries of a folder, to the disk: a rename is only safe after its content is."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_parent(path: Path) -> None:
    """Make the folder that `path` is to be written in.

    Raises:
        InputError: it cannot be made or written in.
    """
    cure = "choose another place for the output"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            path, f"{error.strerror}: {error.filename}", "a folder to write into", cure
        ) from error
    if not os.access(path.parent, os.W_OK):
        raise InputError(path, f"{path.parent} without permission to write", "a folder to write into", cure)


def check_writable(path: str | os.PathLike) -> None:
    """See that `path`, a file or folder to be made, can be written, leaving nothing behind.

    Tried out, not read from permissions: a mount may be read-only for all. To be called before long work.

    Raises:
        InputError: it cannot.
    """
    path = Path(path)
    there = next(place for place in (path, *path.absolute().parents) if place.exists() or place.is_symlink())
    cure = "choose another place for the output"
    if not there.is_dir() and there != path:
        raise InputError(
            path,
            f"{there}, which is {'a file' if there.is_file() else 'no folder'}",
            "a folder to write into",
            cure,
        )
    try:
        with tempfile.TemporaryFile(dir=there if there.is_dir() else there.parent):
            pass
    except OSError as error:
        found = f"{there}, where nothing can be written ({error.strerror})"
        raise InputError(path, found, "a folder to write into", cure) from error
