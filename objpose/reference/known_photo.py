"""A photo in which the object's place is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.reference.look import Look
from objpose.reference.seen_object import as_matrix, seen_object
from objpose.reference.spins import spins


@dataclass(frozen=True, eq=False)
class KnownPhoto:
    """look: the object in it; cam_from_obj: (), metres or the first photo's distance; confidence: of that."""

    look: Look
    cam_from_obj: SE3
    confidence: float
    name: str

    @property
    def look_from_obj(self) -> np.ndarray:
        """(4, 4) of the view."""
        return self.look.look_from_cam @ as_matrix(self.cam_from_obj)

    @cached_property
    def seen(self) -> ObjectModel | None:
        """The side that it shows; None without depth."""
        return None if self.look.depth is None else seen_object(self.look, self.cam_from_obj, self.name)

    @cached_property
    def spins(self) -> list[np.ndarray]:
        """(4, 4) turns of the view's thing, in units of its depth, that shape alone may not tell."""
        return spins(self.look)

    def scaled(self, scale: float) -> KnownPhoto:
        """With lengths multiplied, for a change of unit."""
        turn, place = self.cam_from_obj.rotation, self.cam_from_obj.translation
        return replace(self, cam_from_obj=SE3.from_rotation_translation(turn, place * scale))
