"""Photos placed in one frame, as they come to the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.turntable_step import Stepped
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.silhouettes.outlined import Outlined


@dataclass(frozen=True, eq=False)
class Parting:
    """Photos that are placed beside each other, and not for sure: those of another group; why, in words."""

    groups: Mapping[int, int]
    why: str


@dataclass(frozen=True, eq=False)
class Island:
    """Photos placed in one frame, what the review said of each, and rival placements; stepped: what a
    turntable's step placed of them; known: cameras that were given and gave way to the photos; outlined: what
    silhouettes say where they placed photos; refocused: the placements that other focal lengths led to;
    partings: what parts its photos; kept: those that stand as they did without the others.
    """

    grown: Grown
    reviews: dict[int, PhotoReview]
    rivals: list[Grown]
    stepped: Stepped | None = None
    known: StatedCameras | None = None
    outlined: Outlined | None = None
    refocused: tuple[Grown, ...] = ()
    partings: tuple[Parting, ...] = ()
    kept: frozenset[int] = frozenset()

    def parted(self, a: int, b: int) -> str | None:
        """Why two of its photos are not sure of each other, however many matches join them."""
        return next((one.why for one in self.partings if one.groups[a] != one.groups[b]), None)
