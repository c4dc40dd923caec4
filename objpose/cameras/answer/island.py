"""Photos placed in one frame, as they come to the answer."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.turntable_step import Stepped
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.silhouettes.outlined import Outlined


@dataclass(frozen=True, eq=False)
class Island:
    """Photos placed in one frame, what the review said of each, and rival placements; stepped: what a
    turntable's step placed of them; known: cameras that were given and gave way to the photos; outlined: what
    silhouettes say where they placed photos; refocused: the placements that other focal lengths led to.
    """

    grown: Grown
    reviews: dict[int, PhotoReview]
    rivals: list[Grown]
    stepped: Stepped | None = None
    known: StatedCameras | None = None
    outlined: Outlined | None = None
    refocused: tuple[Grown, ...] = ()
