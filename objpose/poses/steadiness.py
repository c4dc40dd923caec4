"""How steady a pose found without depth is: do print and edges, each alone, leave it where it is?

Together they have drawn it to where their sum is least. Where its distance or its turn is wrong, one of them
would go on if the other let it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from objpose.crops import Crop
from objpose.geometry import SE3, Mesh
from objpose.objects import ObjectModel
from objpose.poses.align import Alignment, align
from objpose.poses.answer import PoseAnswer
from objpose.poses.residuals import Residual
from objpose.robust import LMOptions

STEPS = LMOptions(8, initial_damping=1e-2, step_tolerance=1e-5)
MOST = 0.3  # diameters: what has gone farther has nothing to hold on to
NO_PRINT = 0.01  # diameters, of a mesh without colours: neither steady nor unsteady


def with_steadiness(
    answer: PoseAnswer, model: ObjectModel, crop: Crop, print_: Residual | None, edges: Residual
) -> PoseAnswer:
    """The answer, and in its first pose's verdict how far print and edges would move it.

    print_: None of a mesh without colours. All of it lies on the host.
    """
    mesh, diameter = model.mesh, model.diameter
    best, verdict = answer.cam_from_obj[:1], answer.verdict
    first = torch.arange(len(answer)) == 0

    def moved(residual: Residual | None) -> Tensor:
        gone = NO_PRINT if residual is None else _moved(best, mesh, crop, residual) / diameter
        return first * min(gone, MOST)

    return replace(answer, verdict=replace(verdict, by_print=moved(print_), by_edges=moved(edges)))


def _moved(cam_from_obj: SE3, mesh: Mesh, crop: Crop, residual: Residual) -> float:
    """Metres by which the object's centre moves when one residual alone draws the pose (1,); on the host."""
    centre = mesh.bounds().mean(0)
    moved = SE3(align(Alignment(centre, [(1.0, residual)], mesh, crop), cam_from_obj, STEPS).params)
    gone = float((moved.apply(centre) - cam_from_obj.apply(centre)).norm())
    return gone if math.isfinite(gone) else math.inf
