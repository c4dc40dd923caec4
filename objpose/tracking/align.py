"""Poses drawn onto a frame, coarse to fine, by all that the frame and the object offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import move_poses
from objpose.tracking.sight import Sight

# Of `move_poses`: what keeps still what no residual sees, lines of a pixel's weight.
DAMPING = 0.03, 0.3
SIZE = 20.0  # an object's diameter in the picture, of the coarsest segments of its lines
FINEST = 1.5  # pixels: how near the last steps look
MOST = 12  # pixels: segments any longer blur an object's own shape


class Step(NamedTuple):
    """One look at a frame, and the moves that follow it."""

    scale: int  # pixels of a segment of the outline's lines
    sigma: float  # pixels: how far borders pull
    coarseness: float  # 1 at the first look, to 0 at the last: what depth's radii go by
    moves: int = 2


class Modality(Protocol):
    """What a pose is drawn by. Poses are (B, 7) of the object's mesh."""

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        """Find what the poses are compared with from here on."""

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations:
        """Of what `look` found; about the centre of the object's views."""


def steps_of(size: float) -> tuple[Step, ...]:
    """From afar to the pixel, for an object of `size` pixels: M3T's schedule, in the object's own measure."""
    scale = min(max(size / SIZE, 1.0), MOST)
    middle = max(1, round(0.4 * scale))
    coarse = Step(max(1, round(scale)), max(4.0 * scale, FINEST), 1.0)
    middles = Step(middle, max(1.4 * scale, FINEST), 0.6), Step(middle, max(0.6 * scale, FINEST), 0.3)
    return coarse, *middles, *[Step(1, FINEST, 0.0)] * 4


@dataclass(frozen=True, eq=False)
class Aligner:
    """Of one object.

    centre: (3,) metres, mesh frame, what poses turn about; radius: metres, half the diameter.
    """

    centre: Tensor
    radius: float

    def aligned(
        self, modalities: Sequence[Modality], sight: Sight, cam_from_mesh: Tensor, steps: Sequence[Step]
    ) -> Tensor:
        """Poses (B, 7), each drawn on its own."""
        for step in steps:
            for modality in modalities:
                modality.look(sight, cam_from_mesh, step)
            for _ in range(step.moves):
                equations = summed(modalities, cam_from_mesh, step)
                moved = torch.empty_like(cam_from_mesh)
                move_poses(cam_from_mesh, self.centre, equations, sight.K, self.radius, DAMPING, moved)
                cam_from_mesh = moved
        return cam_from_mesh


def summed(modalities: Sequence[Modality], cam_from_mesh: Tensor, step: Step) -> NormalEquations:
    """The equations of all modalities together."""
    total = modalities[0].equations(cam_from_mesh, step)
    for modality in modalities[1:]:
        total = total.plus(modality.equations(cam_from_mesh, step))
    return total
