"""pycolmap's log, which notes every step on the screen, kept to its warnings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

WARNINGS = 2  # level from which pycolmap's log is shown


class _Silence:
    """How many threads want silence; the first of them lowers the voice, the last one restores it."""

    def __init__(self) -> None:
        self.lock, self.count, self.level = Lock(), 0, 0

    def enter(self) -> None:
        import pycolmap

        with self.lock:
            if self.count == 0:
                self.level = pycolmap.logging.minloglevel
                pycolmap.logging.minloglevel = WARNINGS
            self.count += 1

    def leave(self) -> None:
        import pycolmap

        with self.lock:
            self.count -= 1
            if self.count == 0:
                pycolmap.logging.minloglevel = self.level


_SILENCE = _Silence()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pycolmap's progress notes off the screen, from any number of threads."""
    _SILENCE.enter()
    try:
        yield
    finally:
        _SILENCE.leave()
