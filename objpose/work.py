"""How many threads our work takes, and how it is shared out to them: the one place that decides.

torch shares every kernel out to the threads of OpenMP, which spin at a barrier until the last one has come.
On a machine that does anything else the last one comes late, a thousand times a second, and the rest burn
the time that it needs. So our work runs torch's kernels on one thread, and keeps the others busy with whole
pieces of work (masks, pairs of photos, batches of views) or inside the C++ core, whose threads sleep while
they wait. No answer depends on how many threads there are: pieces are cut, and sums added up, alike.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Here(threading.local):
    """What the current thread may take; None outside our work."""

    threads: int | None = None


_HERE = _Here()
_LOCK = threading.Lock()  # of the idle threads, and of torch's settings while they are changed
_IDLE: list[ThreadPoolExecutor] = []  # threads of ours that wait for work, each in a pool of its own


def _start_alone() -> None:
    """In a forked child, which has none of its parent's threads: neither ours nor those of torch's kernels.

    torch would wait for its own for ever, so it gets one, as in the workers of its DataLoader. Ours and the
    core's are made anew when there is work.
    """
    global _LOCK
    _LOCK = threading.Lock()  # a thread that is not here may have held the other one
    _IDLE.clear()
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_alone)


def threads() -> int:
    """How many threads the calling thread may keep busy; outside our work as many as torch may."""
    return _HERE.threads or torch.get_num_threads()


@contextmanager
def within(limit: int | None = None) -> Iterator[None]:
    """Our work, on `limit` threads, or as many as torch may take: torch's own kernels run on one meanwhile.

    Also a decorator: `@within()`. What was set with torch.set_num_threads is found unchanged afterwards, and
    at any time by the other threads of the process. Inside other work of ours a limit can only lower the
    number. Gradients are recorded inside whatever the caller set, for our optimisers need them.
    """
    outer, own = _HERE.threads, torch.get_num_threads()
    most = outer or limit or own
    _HERE.threads = min(limit or most, most)
    try:
        _set_own_kernels(1)
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        _HERE.threads = outer
        _set_own_kernels(own)


def share(
    function: Callable[[Item], Result], items: Iterable[Item], done: Callable[[], object] = lambda: None
) -> list[Result]:
    """`function` of every item, in order, on the threads there are; `done` is called after each.

    Every thread takes the next item when it is done with one. Where there are more threads than items, those
    left over are for what an item shares out itself. Nothing is begun after an exception; that of the first
    item which fails is raised.
    """

    def call(item: Item) -> Result:
        result = function(item)
        done()
        return result

    items = list(items)
    with within():
        count = min(threads(), len(items))
        if count <= 1:
            return [call(item) for item in items]
        return _shared(call, items, count, threads() // count)


def _shared(function: Callable[[Item], Result], items: list[Item], count: int, each: int) -> list[Result]:
    waiting, results = iter(range(len(items))), dict[int, Result]()
    errors: dict[int, BaseException] = {}

    def work() -> None:
        _HERE.threads = each
        for index in waiting:  # one step of an iterator over a range: no two threads get the same number
            if errors:
                return
            try:
                results[index] = function(items[index])
            except BaseException as error:
                errors[index] = error

    with _borrowed(count) as crew:
        calls = [one.submit(work) for one in crew]
        try:
            wait(calls)
        except BaseException as error:
            errors[-1] = error  # the caller is interrupted: nothing more is begun
            wait(calls)
    if errors:
        raise errors[min(errors)]  # begun in order, so that of the first item that fails, on any number
    return [results[index] for index in range(len(items))]


@contextmanager
def _borrowed(count: int) -> Iterator[list[ThreadPoolExecutor]]:
    """So many threads of ours, kept from call to call: small pieces of work take less than starting one."""
    with _LOCK:
        crew, _IDLE[:count] = _IDLE[:count], []
    crew += [ThreadPoolExecutor(1, "objpose", _set_own_kernels, (1,)) for _ in range(count - len(crew))]
    try:
        yield crew
    finally:
        with _LOCK:
            _IDLE.extend(crew)


def _set_own_kernels(count: int) -> None:
    """torch.set_num_threads for the calling thread alone.

    torch keeps the number twice: for each thread, and for the process, which is what later threads start
    with. Its setter changes both. So a thread that nothing else runs on looks at the second one before, and
    sets it again at once; only a thread that meets torch for the first time in between would miss it.
    """
    if torch.get_num_threads() == count:
        return
    known, changed = threading.Event(), threading.Event()

    def keep() -> None:
        later = torch.get_num_threads()
        known.set()
        changed.wait()
        torch.set_num_threads(later)

    with _LOCK:
        keeper = threading.Thread(target=keep, name="objpose-setting")
        keeper.start()
        known.wait()
        torch.set_num_threads(count)
        changed.set()
        keeper.join()
