"""One at a time, between processes too: a lock that ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_held = threading.local()  # by this thread: taken again, a lock would wait for itself


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file or folder that exists; nothing is written for it.

    A path that cannot be opened, or a file system without locks, is not waited for: what is written under
    the lock is whole without it too, and at worst made twice.
    """
    mine = _held.__dict__.setdefault("paths", set())
    if path in mine:
        yield
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        yield
        return
    mine.add(path)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        mine.discard(path)
        os.close(descriptor)  # which gives the lock back
