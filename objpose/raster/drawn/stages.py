"""The public stages of drawn images.

Frames and units: metres, OpenCV camera axes, pixel centres at integers; twists turn about a pivot, the
object's centre in the camera frame. Images are float32, as they are drawn; others are compared by the twin.
"""

from __future__ import annotations

from types import ModuleType

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster import twin
from objpose.raster.backends import backend_for
from objpose.raster.drawn.bundles import (
    MaskBorder,
    MeasuredDepth,
    PictureEdges,
    Pixels,
    SeenColors,
    SeenShape,
    ShapeCounts,
)


def drawn_depth_equations(
    depth: Tensor, normals: Tensor, pixels: Pixels, measured: MeasuredDepth, pivot: Tensor
) -> NormalEquations:
    """Of drawn surfaces on measured depth, point to plane, by Tukey's biweight; the cost is a sum.

    Args:
        depth: (B, H, W) metres, 0 = empty.
        normals: (B, H, W, 3) unit, camera frame.
        pivot: (B, 3).
    """
    return _core(depth).drawn_depth_equations(depth, normals, pixels, measured, pivot)


def drawn_color_equations(
    color: Tensor,
    depth: Tensor,
    pixels: Pixels,
    seen: SeenColors,
    measured: MeasuredDepth | None,
    pivot: Tensor,
) -> NormalEquations:
    """Of drawn colours on those seen, up to the light, by Cauchy's loss; the cost is a sum over pixels.

    The derivatives are those of the picture seen, along its gradient: what a pixel would show if the object
    moved under it. Pixels that the drawing misses cost a fixed price: those where nothing is drawn, and, with
    measured depth, those whose drawn depth is another, by Tukey's weight.

    Args:
        color: (B, H, W, 3) in [0, 1].
        depth: (B, H, W) metres, 0 = empty.
        pivot: (B, 3).
    """
    return _core(color).drawn_color_equations(color, depth, pixels, seen, measured, pivot)


def drawn_outline_equations(depth: Tensor, border: MaskBorder, pivot: Tensor) -> NormalEquations:
    """Of drawn outlines on a mask's border, by Tukey's biweight; the cost is a mean over outline pixels.

    A pose without any costs as much as one whose outline is out of reach.

    Args:
        depth: (B, S, S) metres, 0 = empty.
        pivot: (B, 3).
    """
    return _core(depth).drawn_outline_equations(depth, border, pivot)


def drawn_edge_equations(depth: Tensor, edges: PictureEdges, pivot: Tensor) -> NormalEquations:
    """Of drawn outlines on a picture's edges; the cost is a mean of log likelihoods over outline pixels.

    Along the normal of each outline pixel the picture may have its edge anywhere, the likelier the stronger
    it changes there and the nearer it is, or none at all.

    Args:
        depth: (B, S, S) metres, 0 = empty.
        pivot: (B, 3).
    """
    return _core(depth).drawn_edge_equations(depth, edges, pivot)


def drawn_color_agreement(seen: Tensor, drawn: Tensor, weight: Tensor, with_structure: bool) -> Tensor:
    """(B, 2) how well drawn colours agree with those seen, up to the light: `color_agreement`, in [0, 1], and
    `structure_agreement`, in [-1, 1], or 0 where it is not asked for.

    Args:
        seen: (H, W, 3) in [0, 1].
        drawn: (B, H, W, 3) in [0, 1].
        weight: (B, H, W), none negative.
    """
    return _core(drawn).drawn_color_agreement(seen, drawn, weight, with_structure)


def drawn_shape_counts(
    depth: Tensor, seen: SeenShape, tolerance: float, border: int
) -> tuple[ShapeCounts, Tensor]:
    """What agrees of drawn shapes; and (B, S, S) in [0, 1], how surely pixels show the object.

    Depth agrees by 1 - (difference / tolerance)^2. Patches are what remains without bands of at most
    2 `border` pixels, errors of a border.

    Args:
        depth: (B, S, S) metres, 0 = empty.
        tolerance: metres; of no account where `seen` has no depth.
    """
    counts, weight = _core(depth).drawn_shape_counts(depth, seen, tolerance, border)
    return ShapeCounts(*counts.unbind(1)), weight


def _core(images: Tensor) -> ModuleType:
    core: ModuleType = (backend_for(images.device) if images.dtype == torch.float32 else twin).drawn
    return core
