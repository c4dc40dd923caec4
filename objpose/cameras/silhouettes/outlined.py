"""What outlines say of the photos of one island, as it comes to the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from objpose.cameras.scene.stated import StatedCameras
from objpose.features.local.places import Pair


@dataclass(frozen=True, eq=False)
class Outlined:
    """pairs: chance of each pair (a, b), a < b, of views to stand right; root: the most trusted view; doubts:
    of views, why each is not sure; stated: where outlines have the cameras, with what they leave open.
    """

    pairs: dict[Pair, float]
    root: int
    doubts: dict[int, str] = field(default_factory=dict)
    stated: StatedCameras = field(default_factory=StatedCameras)
