"""Many small pieces of work on all cores: one piece to a thread, none split within."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """As many threads as torch would use."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """`work` on every item, in order; the first exception is raised."""
        return list(self._pool.map(work, items))


@contextmanager
def workers() -> Iterator[Workers]:
    """Workers whose torch calls are single-threaded, as is the caller's torch meanwhile.

    Splitting operations of a few thousand numbers over threads costs more than it gains, and on a busy
    machine, where threads wait for each other in turn, up to twenty times the time.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(threads) as pool:
            yield Workers(pool)
    finally:
        torch.set_num_threads(threads)
