"""Ctrl-C: one line, exit code 130, and how to go on; also where a library makes something else of it.

NumPy and Open3D, interrupted while they load, raise a RecursionError or an ImportError in its place, and our
readers may take that for a damaged file. So it is noted when it comes, not only caught where it arrives.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_came = threading.Event()


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a command that says how it goes on."""


@contextmanager
def noted_interrupts() -> Iterator[None]:
    """Within it, `interrupted` tells whether Ctrl-C came; the handler of before is put back at the end."""
    _came.clear()
    if threading.current_thread() is not threading.main_thread():  # elsewhere no handler can be set
        yield
        return
    before = signal.signal(signal.SIGINT, _note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def interrupted() -> bool:
    """Whether Ctrl-C came, whatever has been made of it since."""
    return _came.is_set()


@contextmanager
def goes_on(how: Callable[[], str | None]) -> Iterator[None]:
    """Tell how to go on with what Ctrl-C broke off; `how` is asked then; None: nothing is kept."""
    try:
        yield
    except BaseException as error:
        told = how() if isinstance(error, KeyboardInterrupt) or interrupted() else None
        if told is None:
            raise
        raise Interrupted(told) from error


def said(error: BaseException | None) -> str:
    """The line for a command that ended so: `interrupted`, and how to go on where it is known."""
    while error is not None and not isinstance(error, Interrupted):
        error = error.__cause__
    return f"interrupted; {error}" if error is not None else "interrupted"


def _note(signum: int, frame: FrameType | None) -> None:
    _came.set()
    signal.default_int_handler(signum, frame)
