"""Whether an object's own paint and shade are seen where a pose has them: what an outline cannot tell."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from objpose.geometry import SE3, Camera
from objpose.objects import ObjectModel
from objpose.raster import render_mesh
from objpose.tracking.light import Light
from objpose.tracking.sight import Sight

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
        self.mesh, self.light = model.coarse_mesh, light
        self.is_painted = model.color_source != "none"
        self.centre, self.diameter = centre, model.diameter

    def seen(self, sight: Sight, cam_from_mesh: SE3) -> list[PaintSeen]:
        """Under poses (B,) whose centres lie within an object's width of that of the first."""
        x, y, z = cam_from_mesh[0].apply(self.centre).tolist()
        says = self.is_painted or self.light.is_known  # a single colour shows its shade alone
        if not says or z < self.diameter / 2:
            return [NOTHING] * len(cam_from_mesh)
        cell = max(1, round(float(sight.K[0, 0]) * self.diameter / (z * SIDE)))
        left = round(float(sight.K[0, 0]) * x / z + float(sight.K[0, 2]) - cell * SIDE / 2)
        top = round(float(sight.K[1, 1]) * y / z + float(sight.K[1, 2]) - cell * SIDE / 2)
        height, width = sight.rgb.shape[:2]
        camera = Camera(sight.K.double(), width, height).crop(left, top, cell * SIDE, cell * SIDE)
        K = camera.resize(SIDE, SIDE).K.float()
        drawn = render_mesh(self.mesh, cam_from_mesh, K, SIDE, SIDE, outputs=("normals", "color"))
        assert drawn.color is not None and drawn.normals is not None  # asked for
        lit = drawn.color * self.light.shade(drawn.normals)[..., None]
        seen, in_view = cells(sight.rgb, left, top, cell, SIDE)
        both = drawn.mask & in_view
        return [_compared(color[here], seen[here]) for color, here in zip(lit, both, strict=True)]


def cells(rgb: Tensor, left: int, top: int, cell: int, side: int) -> tuple[Tensor, Tensor]:
    """(side, side, 3) means over cells of the picture, and (side, side) whether a cell is wholly in it."""
    height, width = rgb.shape[:2]
    first_row, first_column = max(0, -(top // cell)), max(0, -(left // cell))
    last_row = min(side, (height - top) // cell)
    last_column = min(side, (width - left) // cell)
    seen, inside = torch.zeros(side, side, 3), torch.zeros(side, side, dtype=torch.bool)
    if first_row >= last_row or first_column >= last_column:
        return seen, inside
    rows = slice(top + first_row * cell, top + last_row * cell)
    columns = slice(left + first_column * cell, left + last_column * cell)
    means = avg_pool2d(rgb[rows, columns].permute(2, 0, 1).float(), cell) / 255
    here = slice(first_row, last_row), slice(first_column, last_column)
    seen[here], inside[here] = means.permute(1, 2, 0), True
    return seen, inside


def colourful(drawn: Tensor) -> float:
    """0 to 1: how colourful drawn colours (N, 3) are."""
    spread = float((drawn - drawn.mean(0)).square().mean(0).sum())
    return spread / (spread + PLAIN**2)


def _compared(drawn: Tensor, seen: Tensor) -> PaintSeen:
    """Colours (N, 3) of both: each channel up to a gain and an offset, those that vary most count most."""
    if len(drawn) < LEAST:
        return NOTHING
    drawn, seen = drawn - drawn.mean(0), seen - seen.mean(0)
    spread, other = drawn.square().mean(0), seen.square().mean(0)
    correlation = (drawn * seen).mean(0) / (spread * other).sqrt().clamp_min(1e-6)
    likeness = float((correlation * spread).sum() / spread.sum().clamp_min(1e-9))
    return PaintSeen(likeness, float(spread.sum() / (spread.sum() + PLAIN**2)))
