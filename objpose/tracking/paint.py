"""Whether an object's own paint and shade are seen where a pose has them: what an outline cannot tell."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects import ObjectModel
from objpose.raster import PaintedMesh, draw_paint, paint_likeness, posed_points
from objpose.tracking.light import Light
from objpose.tracking.sight import Sight
from objpose.tracking.window import window_about

SIDE = 40  # pixels of the drawing, which the object's diameter fills
LEAST = 30  # pixels of it that must be in view
PLAIN = 0.04  # of a colour in [0, 1]: deviation of a drawing that says half of what a colourful one does


class PaintSeen(NamedTuple):
    """Of one pose."""

    likeness: float  # correlation, -1 to 1, of the colours drawn and seen, up to the light; or 0
    weight: float  # 0 to 1: how colourful the drawing is; 0 where too little of it is in view


NOTHING = PaintSeen(0.0, 0.0)


class Paint:
    """Of one object under the light learnt of it; without colours it says nothing until that is known."""

    def __init__(self, model: ObjectModel, centre: Tensor, light: Light):
        self.mesh, self.light = PaintedMesh.of(model.coarse_mesh), light
        self.is_painted = model.color_source != "none"
        self.centre, self.diameter = centre, model.diameter

    def seen(self, sight: Sight, cam_from_mesh: SE3) -> list[PaintSeen]:
        """Under poses (B,) whose centres lie within an object's width of that of the first."""
        poses = cam_from_mesh.wxyz_xyz.to(torch.float32).contiguous()
        place = posed_points(self.centre, poses[:1])[0].tolist()
        says = self.is_painted or self.light.is_known  # a single colour shows its shade alone
        if not says or not place[2] >= self.diameter / 2:
            return [NOTHING] * len(poses)
        cell = max(1, round(float(sight.K[0, 0]) * self.diameter / (place[2] * SIDE)))
        window = window_about(sight, place, cell, SIDE)
        drawn = draw_paint(self.mesh, poses, window.K, window.inside, self.light.cast, clears_border=False)
        found = paint_likeness(drawn, window.seen, LEAST, PLAIN)
        return [PaintSeen(likeness, weight) for likeness, weight in found.tolist()]
