"""Each colour picture with the depth that was taken nearest to it in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

Message = TypeVar("Message")

# Seconds. Half the time between two frames at 30 Hz is 0.0167: nothing nearer could be of another frame.
MOST_APART = 0.02
LATEST = 0.5  # how much later than its own time a message may be recorded


def paired(
    messages: Iterable[tuple[bool, float, Message]],
) -> Iterator[tuple[float, Message, Message | None]]:
    """(time, colours, depth or None) for each message of colours, in their order.

    messages: (is it depth, the time at which it was taken in seconds, the message), as they were recorded.
    Colours wait until depth of their time or later has come, or any message so late that none will. Depth
    further than MOST_APART from the colours is none of theirs.
    """
    colours: deque[tuple[float, Message]] = deque()
    depths: deque[tuple[float, Message]] = deque()
    newest = newest_depth = float("-inf")
    for is_depth, time, message in messages:
        (depths if is_depth else colours).append((time, message))
        newest = max(newest, time)
        newest_depth = max(newest_depth, time) if is_depth else newest_depth
        while colours and (newest_depth >= colours[0][0] or newest > colours[0][0] + LATEST):
            yield _with_nearest(*colours.popleft(), depths)
        while depths and depths[0][0] < newest - 2 * LATEST:
            depths.popleft()
    for time, colour in colours:
        yield _with_nearest(time, colour, depths)


def _with_nearest(
    time: float, colour: Message, depths: Iterable[tuple[float, Message]]
) -> tuple[float, Message, Message | None]:
    taken, depth = min(depths, key=lambda one: abs(one[0] - time), default=(float("inf"), None))
    return time, colour, depth if abs(taken - time) <= MOST_APART else None
