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
from objpose.raster.points.bundles import DepthMatching, GreyPart, PatchPoints, SurfacePoints

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


def grey_pyramid(rgb: Tensor, part: GreyPart) -> None:
    """Fill `part` with the luma of (H, W, 3) uint8 there."""
    _core().grey_pyramid(rgb, part)


def patch_equations(
    part: GreyPart,
    level: int,
    K: Tensor,
    patches: PatchPoints,
    cam_from_obj: Tensor,
    centre: Tensor,
    sigma: float,
    out: NormalEquations,
    counts: Tensor,
    rms: Tensor,
) -> None:
    """Normal equations of patches on the grey values of a level, for twists of poses about `centre`.

    A patch's residuals are its grey values less their mean and less what they were, times the gain that
    fits best: of brightness and contrast nothing is left (small patterns as in Engel et al., Direct Sparse
    Odometry, PAMI 2018). Together they weigh as one measurement, by Cauchy's loss of the rms over sigma. A
    patch that is the negative of what it was is left out.

    Args:
        K: (3, 3) of the whole image at full resolution.
        sigma: grey values.
        out: (B, 6, 6), (B, 6), (B,), to fill.
        counts: (B, 2) int32, to fill, the first two of `PatchMatches`.
        rms: (B, P), to fill, its third.
    """
    _core().patch_equations(part, level, K, patches, cam_from_obj, centre, sigma, out, counts, rms)


def _core() -> ModuleType:
    core: ModuleType = backend_for(_CPU).points
    return core
