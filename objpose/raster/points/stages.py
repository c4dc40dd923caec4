"""The public stages of surface points.

Frames, units and buffers are those of `objpose.raster.lines.stages`: nothing is checked or allocated.
"""

from __future__ import annotations

from types import ModuleType

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster.backends import backend_for
from objpose.raster.lines.bundles import Outline
from objpose.raster.points.bundles import DepthMatching, SurfacePoints

_CPU = torch.device("cpu")


def depth_equations(
    depth: Tensor,
    K: Tensor,
    surface: SurfacePoints,
    cam_from_obj: Tensor,
    centre: Tensor,
    matching: DepthMatching,
    out: NormalEquations,
    counts: Tensor,
) -> None:
    """Normal equations of surface points on measured depth, for twists of poses about `centre`.

    Each point is drawn along its normal to the plane through what is measured nearest to it (point-to-plane
    ICP; Chen and Medioni 1992), by Tukey's biweight with a reach of three standard deviations. Points that
    something hides, or near which nothing is measured, are left out. The gradient is that of the cost for
    these neighbours.

    Args:
        depth: (H, W) metres, 0 = missing.
        centre: (3,) object frame, metres.
        out: (B, 6, 6), (B, 6), (B,), to fill.
        counts: (B, 4) int32, to fill: `PointCounts.of`.
    """
    _core().depth_equations(depth, K, surface, cam_from_obj, centre, matching, out, counts)


def clear_hidden(
    depth: Tensor,
    K: Tensor,
    outline: Outline,
    front: Tensor,
    cam_from_obj: Tensor,
    matching: DepthMatching,
) -> None:
    """Clear `outline.usable` where something is measured before a contour point, or drawn there.

    Within `matching.radius` of the point what is nearer than it by more than `front`, the margin and three
    standard deviations of the noise is something else.

    Args:
        depth: (H, W) metres, 0 = nothing.
        front: (V, N) metres that the object's own surface comes before the points within that radius.
    """
    _core().clear_hidden(depth, K, outline, front, cam_from_obj, matching)


def _core() -> ModuleType:
    core: ModuleType = backend_for(_CPU).points
    return core
