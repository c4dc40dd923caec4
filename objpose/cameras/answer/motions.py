"""Two things that move differently before the cameras: what each of them is, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from objpose.geometry import SE3


@dataclass(frozen=True, eq=False)
class Motion:
    """One of two things that move differently.

    thing: "scene", what reaches to the border of the photos, or "object", what lies in their middle; told:
    how it moves; cams_from_world: by photo, where the cameras are to it, in a frame and a unit of its own.
    """

    thing: str
    told: str
    cams_from_world: Mapping[str, SE3]


def told_still(photos: int) -> str:
    return f"the background stands still in {photos} photos: the camera did not move"


def told_moving(thing: str, photos: int) -> str:
    place = "background" if thing == "scene" else "middle"
    return f"the {place} moves as one in {photos} photos"


def told_both(motions: tuple[Motion, ...]) -> str:
    """Of the motion of the answer, the first, and the other."""
    name = {"scene": "background", "object": "middle"}[motions[0].thing]
    both = "; ".join(one.told for one in sorted(motions, key=lambda one: one.thing, reverse=True))
    return f"two things move differently: {both}; this is the motion of the {name}"
