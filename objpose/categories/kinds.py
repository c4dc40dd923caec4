"""What is known of each category besides its shapes: which turns leave it the same, or look the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    turns_freely: bool = False  # about z: no turn can be told, as it is round
    oval: bool = False  # where it is not round all the same: half a turn about z
    handle: bool = False  # at x: the turn about z is told by it alone
    ends_alike: bool = False  # it may stand on its head
    half_turns: bool = False  # about each axis


KINDS = {
    "bottle": Kind(turns_freely=True, oval=True),
    "bowl": Kind(turns_freely=True),
    "box": Kind(half_turns=True),
    "can": Kind(turns_freely=True, ends_alike=True),
    "cup": Kind(handle=True),
}
