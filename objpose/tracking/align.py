"""Poses drawn onto a frame, coarse to fine, by all that the frame and the object offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import move_poses
from objpose.tracking.modalities import Modality
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step

# Of `move_poses`: what keeps still what no residual sees, lines of a pixel's weight.
DAMPING = 0.03, 0.1
STILL = 0.1  # pixels: what moves less in a step has nothing to gain by another like it


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
        last: Step | None = None
        before = cam_from_mesh
        for step in steps:
            if step == last and self._is_still(before, cam_from_mesh, sight):
                continue
            last, before = step, cam_from_mesh
            for modality in modalities:
                modality.look(sight, cam_from_mesh, step)
            for _ in range(step.moves):
                equations = summed(modalities, cam_from_mesh, step)
                moved = torch.empty_like(cam_from_mesh)
                move_poses(cam_from_mesh, self.centre, equations, sight.K, self.radius, DAMPING, moved)
                cam_from_mesh = moved
        return cam_from_mesh

    def _is_still(self, before: Tensor, after: Tensor, sight: Sight) -> bool:
        """Whether no point of the object moved by STILL pixels, under any of poses (B, 7)."""
        apart = (after - before).abs()
        metres = 2 * self.radius * apart[:, :4].sum(1) + apart[:, 4:].sum(1)  # at most
        return bool((metres * sight.K[0, 0] < STILL * after[:, 6]).all())


def summed(modalities: Sequence[Modality], cam_from_mesh: Tensor, step: Step) -> NormalEquations:
    """The equations of all modalities together; the first has always some."""
    total, *others = [modality.equations(cam_from_mesh, step) for modality in modalities]
    assert total is not None
    for equations in others:
        total = total if equations is None else total.plus(equations)
    return total
