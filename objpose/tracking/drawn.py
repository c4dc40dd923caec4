"""An object's own paint and shade, drawn under a pose, drawn onto the frame: what an outline cannot tell."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from objpose.geometry import SE3, NormalEquations
from objpose.objects import ObjectModel
from objpose.raster import (
    PaintedMesh,
    Pixels,
    draw_paint,
    drawn_color_equations,
    paint_likeness,
    picture_channels,
    posed_points,
)
from objpose.tracking.light import EVEN, Light
from objpose.tracking.paint import LEAST, PLAIN
from objpose.tracking.sight import Sight
from objpose.tracking.steps import Step
from objpose.tracking.window import Window, coarser, window_about

SIDE = 64  # cells along the window in which paint is drawn and seen
ROOM = 1.25  # diameters that the window is wide
SHIFTED = 0.03  # diameters that an object may be beside the middle of its window, of the room around it
COARSE = 0.5  # coarseness from which cells are twice as large: paint finds its place from a cell away
# Neighbouring cells err together, by glints, shade and the coarseness of the mesh: as so many times fewer.
CORRELATION = 3.0
PLACED = 0.5  # how colourful a drawing is, from 0 to 1, from which poses are drawn by it


class DrawnPaint:
    """By the colours of the mesh, up to the light; says nothing of an object that shows but one.

    A mesh without colours is taken for one of a single colour, whose shade shows once the light is known.

    Nothing is remembered from frame to frame but the light, so that nothing drifts, and what turned away
    comes back where it was. `offers` first in each frame, then as every modality.
    """

    def __init__(self, model: ObjectModel, centre: Tensor, light: Light):
        self._mesh, self._centre, self._diameter = PaintedMesh.of(model.coarse_mesh), centre, model.diameter
        self._light = light
        self._levels: list[_Level] = []
        self._about: tuple[Sight, Tensor] | None = None  # the frame taken in, and the centre there
        self.is_of_use = False  # what `offers` said last

    def offers(self, sight: Sight, cam_from_mesh: Tensor) -> bool:
        """Take in the frame about the first of poses (B, 7); whether there is something to be drawn by."""
        first = cam_from_mesh[:1].contiguous()
        if self._is_taken_in(sight, first):
            return self.is_of_use
        window = self._window(sight, first)
        self.is_of_use = window is not None and self._is_colourful(window, first)
        if window is not None and self.is_of_use:
            self._levels = [_Level(window), _Level(_halved(window))]
        return self.is_of_use

    def look(self, sight: Sight, cam_from_mesh: Tensor, step: Step) -> None:
        """`offers` has taken in the frame."""

    def equations(self, cam_from_mesh: Tensor, step: Step) -> NormalEquations:
        level = self._levels[step.coarseness > COARSE]
        drawn = draw_paint(self._mesh, cam_from_mesh, level.K, level.inside, self._light.cast, True)
        pivot = posed_points(self._centre, cam_from_mesh)
        found = drawn_color_equations(drawn.color, drawn.depth, level.pixels, level.seen, None, pivot)
        return NormalEquations(*(part / CORRELATION for part in found))

    def remember(self, sight: Sight, cam_from_mesh: SE3, share: float) -> None:
        """Learn the light from a pose () that can be trusted, so far as `share`, 0 to 1."""
        self._about = None  # what of the frame is colourful may be more now
        trusted = cam_from_mesh.wxyz_xyz[None].to(torch.float32).contiguous()
        window = self._window(sight, trusted)
        if window is None:
            return
        paint, depth, normals = draw_paint(self._mesh, trusted, window.K, window.inside, EVEN, True)
        here = depth[0] > 0
        self._light.learn(window.seen[here], paint[0][here], normals[0][here], share)

    def _is_taken_in(self, sight: Sight, cam_from_mesh: Tensor) -> bool:
        """Whether the window about a pose (1, 7) is as good as the one there is; else that is noted."""
        place = posed_points(self._centre, cam_from_mesh)[0]
        if self._about is not None and self._about[0] is sight:
            beside = float((place - self._about[1]).norm())
            if beside < SHIFTED * self._diameter:
                return True
        self._about = sight, place
        return False

    def _is_colourful(self, window: Window, cam_from_mesh: Tensor) -> bool:
        drawn = draw_paint(self._mesh, cam_from_mesh, window.K, window.inside, self._light.cast, True)
        return float(paint_likeness(drawn, window.seen, LEAST, PLAIN)[0, 1]) >= PLACED

    def _window(self, sight: Sight, cam_from_mesh: Tensor) -> Window | None:
        """The frame about a pose (1, 7); None where it cannot be drawn, or depth is the finer guide."""
        place = posed_points(self._centre, cam_from_mesh)[0].tolist()
        if sight.depth is not None or not place[2] >= self._diameter / 2:
            return None
        cell = max(1, -(-int(float(sight.K[0, 0]) * ROOM * self._diameter / place[2]) // SIDE))
        return window_about(sight, place, cell, SIDE)


def _halved(window: Window) -> Window:
    """The same in cells of twice the side."""
    return Window(
        avg_pool2d(window.seen.permute(2, 0, 1), 2).permute(1, 2, 0).contiguous(),
        max_pool2d((~window.inside)[None].float(), 2)[0] == 0,
        coarser(window.K, 0, 0, 2),
    )


class _Level:
    """A window as the kernel takes it; every cell, for those that do not count are not drawn."""

    def __init__(self, window: Window):
        self.K, self.inside = window.K, window.inside
        side, self.seen = len(window.seen), picture_channels(window.seen)
        place, cells = _places(side)
        rays = torch.ones(3, side * side)
        rays[:2] = (cells - self.K[:2, 2:]) / self.K.diagonal()[:2, None]
        self.pixels = Pixels(place, rays, self.K)


@lru_cache(maxsize=2)
def _places(side: int) -> tuple[Tensor, Tensor]:
    """(S * S,) int32 cells of a picture, and (2, S * S) their columns and rows."""
    place = torch.arange(side * side)
    return place.int(), torch.stack([place % side, place // side]).float()
