"""The public stages of paint drawn under a light.

Frames, units and poses are those of `objpose.raster.lines.stages`, on the CPU; nothing is checked but by
`PaintedMesh.of`. Pictures are small squares of S x S pixels, of which trackers draw many in a frame.
"""

from __future__ import annotations

from types import ModuleType

import torch
from torch import Tensor

from objpose.raster.backends import backend_for
from objpose.raster.drawn.bundles import SeenColors
from objpose.raster.paint.bundles import PaintDrawing, PaintedMesh

_CPU = torch.device("cpu")


def draw_paint(
    mesh: PaintedMesh, cam_from_obj: Tensor, K: Tensor, counts: Tensor, light: Tensor, clears_border: bool
) -> PaintDrawing:
    """Draw a mesh under poses (B, 7), its paint times the brightness max(light . (1, normal), DARKEST_SHADE).

    Args:
        K: (3, 3) float32 of the picture.
        counts: (S, S) bool, whether a pixel is drawn; depth is 0 elsewhere.
        light: (4,); (1, 0, 0, 0) leaves the paint as it is.
        clears_border: whether pixels beside such as show nothing count as empty, too: the frame mixes them
            with the background.
    """
    return _core().draw_paint(mesh, cam_from_obj, K, counts, light, clears_border)


def paint_likeness(drawing: PaintDrawing, seen: Tensor, least: int, plain: float) -> Tensor:
    """(B, 2) how drawn colours agree with those seen (S, S, 3), and how much that says.

    The first is the correlation, -1 to 1, each channel up to a gain and an offset, those that vary most
    counting most; the second s / (s + plain^2) of the variance s of what is drawn, channels summed. Both are
    0 where fewer than `least` pixels are drawn.
    """
    return _core().paint_likeness(drawing, seen, least, plain)


def cell_means(rgb: Tensor, left: int, top: int, cell: int, side: int) -> tuple[Tensor, Tensor]:
    """A picture's window in cells of `cell` x `cell` pixels.

    Args:
        rgb: (H, W, 3) uint8.
        left, top: pixel of the window's first cell, which may lie outside.
        side: cells along the window.

    Returns:
        (side, side, 3) mean colours in [0, 1], and (side, side) bool, whether a cell is wholly in view.
    """
    return _core().cell_means(rgb, left, top, cell, side)


def picture_channels(rgb: Tensor) -> SeenColors:
    """Of every pixel of a picture (S, S, 3) in [0, 1]; slopes are central differences, 0 at its borders."""
    return _core().picture_channels(rgb)


def _core() -> ModuleType:
    core: ModuleType = backend_for(_CPU).paint
    return core
