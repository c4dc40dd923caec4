"""Photos without an outline go along with those that matches relate them to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from objpose.cameras.scene.relative import relative_pose
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import centre_of


@dataclass(frozen=True, eq=False)
class Link:
    """cam_from_beside: (4, 4) of a photo from the one beside it, whose distance from a third tells the unit;
    length: that distance there; chance: that it stands right so.
    """

    beside: int
    third: int
    cam_from_beside: np.ndarray
    length: float
    chance: float

    def cam_beside(self, placed: Mapping[int, np.ndarray]) -> np.ndarray:
        """(4, 4) cam_from_world where those two stand now."""
        apart = centre_of(placed[self.beside]) - centre_of(placed[self.third])
        cam_from_beside = self.cam_from_beside.copy()
        cam_from_beside[:3, 3] *= float(np.linalg.norm(apart)) / self.length
        return cam_from_beside @ placed[self.beside]


def carried(
    islands: Sequence[dict[int, np.ndarray]], outlined: Collection[int], chances: Mapping[Pair, float]
) -> dict[int, Link]:
    """Links of all photos of islands that have no outline; none of those that hang on fewer than two that
    have.
    """
    links = {}
    for cams in islands:
        inside = [photo for photo in cams if photo in outlined]
        if len(inside) < 2:
            continue
        for photo in cams.keys() - set(outlined):
            beside, third = sorted(
                inside, key=lambda one: -chances.get((min(one, photo), max(one, photo)), 0.0)
            )[:2]
            length = float(np.linalg.norm(centre_of(cams[beside]) - centre_of(cams[third])))
            if length > 0.0:
                chance = chances.get((min(beside, photo), max(beside, photo)), 0.0)
                links[photo] = Link(beside, third, relative_pose(cams, beside, photo), length, chance)
    return links
