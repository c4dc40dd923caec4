"""What is stated beside the photos and bends the adjustment: squares, and cameras known to some extent."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Squares:
    """T squares, seen O times.

    world_from_square: (T, 4, 4); sides: (T,) world units; corners: (4, 3) of sides of one; view, square: (O,)
    whose; rays: (O, 4, 2) of the corners.
    """

    world_from_square: np.ndarray
    sides: np.ndarray
    corners: np.ndarray
    view: np.ndarray
    square: np.ndarray
    rays: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """(T, 4, 3) in the world."""
        turned = self.corners @ self.world_from_square[:, :3, :3].swapaxes(1, 2)
        return self.sides[:, None, None] * turned + self.world_from_square[:, None, :3, 3]


@dataclass(frozen=True, eq=False)
class StatedCameras:
    """cam_from_world (4, 4) of some views, and the standard deviations of each in turn and place."""

    cams: dict[int, np.ndarray] = field(default_factory=dict)
    turn_deg: float = 1.0
    place: float = 1.0


@dataclass(frozen=True)
class AdjustmentOptions:
    """Noise is a standard deviation; loss: in those, beyond which an observation loses its pull."""

    least_noise_px: float = 0.5  # of points: their residuals may be smaller by chance
    corner_px: float = 0.33  # of the corners of squares
    loss: float = 3.0
    iterations: int = 20
    settled: float = 1e-4  # share of the cost: steps that gain less are the last
