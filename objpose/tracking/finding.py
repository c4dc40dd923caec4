"""Lost objects, looked for in the whole picture: in a thread that no frame waits for, or at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from weakref import WeakSet

from objpose.errors import InputError
from objpose.estimator import EstimatorOptions, PoseEstimate, PoseEstimator
from objpose.frame import Frame
from objpose.objects import ObjectModel

LEAST = 0.05  # confidence of an estimate from which its place is tried


@dataclass(frozen=True)
class Found:
    """What a look at one whole frame gave."""

    estimates: dict[str, list[PoseEstimate]] = field(default_factory=dict)  # of all looked for, best first
    refused: str = ""  # why the frame could not be searched, in words
    frame: Frame | None = None  # the one looked at


class Finder:
    """One look at a time, at the newest frame there is when the one before has ended."""

    def __init__(self, models: Sequence[ObjectModel], seed: int):
        self._models = {model.name: model for model in models}
        self._options = EstimatorOptions(seed=seed)
        self.begin()
        _FINDERS.add(self)

    def begin(self) -> None:
        """Get a thread, and forget what was asked: also in a forked child, which has no thread yet."""
        self._pool = ThreadPoolExecutor(1, "objpose-finder")
        self._pending: Future[Found] | None = None

    def look(self, frame: Frame, names: Sequence[str]) -> Found:
        """The objects of these names in the frame, at once: takes seconds."""
        estimator = PoseEstimator([self._models[name] for name in names], self._options)
        try:
            estimates = estimator.estimate(frame)
        except InputError as error:  # nothing in a black picture is cut into masks: an answer
            return Found(dict.fromkeys(names, []), str(error), frame)
        likely = [estimate for estimate in estimates if estimate.confidence >= LEAST]
        return Found({name: [one for one in likely if one.object == name] for name in names}, frame=frame)

    def ask(self, frame: Frame, names: Sequence[str]) -> None:
        """Have the frame looked at in the thread, unless that is still at an earlier one."""
        if self._pending is None:
            self._pending = self._pool.submit(self.look, frame, tuple(names))

    def answer(self) -> Found | None:
        """What the last look gave, once; None while there is none. Raises what the look raised."""
        if self._pending is None or not self._pending.done():
            return None
        pending, self._pending = self._pending, None
        return pending.result()

    def close(self) -> None:
        """Ends the thread; a look that is under way is waited for."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _begin_again() -> None:
    for finder in _FINDERS:
        finder.begin()


_FINDERS: WeakSet[Finder] = WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
