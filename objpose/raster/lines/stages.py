"""The public stages of correspondence lines (Tjaden et al., IJCV 2019; Stoiber et al., IJCV 2022).

Frames and units: metres, OpenCV camera axes, `x_cam = cam_from_obj @ x_obj`, pixel centres at integers. All
tensors are on the CPU, contiguous, float32 unless said otherwise; poses are (B, 7) wxyz_xyz and K is (3, 3),
pinhole without skew. Nothing is checked and nothing allocated: this is the hot path of a tracker, which holds
the buffers, and every stage fills the last one it is given.
"""

from __future__ import annotations

from types import ModuleType

import torch
from torch import Tensor

from objpose.geometry import NormalEquations
from objpose.raster.backends import backend_for
from objpose.raster.lines.bundles import Lines, Outline

_CPU = torch.device("cpu")


def nearest_views(directions: Tensor, centre: Tensor, cam_from_obj: Tensor, view: Tensor) -> None:
    """Which of the views each pose shows most of.

    Args:
        directions: (V, 3) unit, from the object's centre to the cameras, object frame.
        centre: (3,) object frame, metres.
        view: (B,) int32, to fill.
    """
    _core().nearest_views(directions, centre, cam_from_obj, view)


def count_colors(rgb: Tensor, outline: Outline, cam_from_obj: Tensor, K: Tensor, counts: Tensor) -> None:
    """Add the colours beside the outlines of poses to histograms.

    From half a pixel to 20 pixels on either side, and to a pixel before the silhouette changes again.

    Args:
        rgb: (H, W, 3) uint8.
        counts: (2, 32, 32, 32) int32, on the object and beside it, to add to.
    """
    _core().count_colors(rgb, outline, cam_from_obj, K, counts)


def blend_colors(counts: Tensor, rate: float, histograms: Tensor, table: Tensor, scratch: Tensor) -> float:
    """Draw histograms to new counts, and tell how likely each colour is the object's.

    Neighbouring colours share what is seen of each (1/4, 1/2, 1/4 along red, green and blue).

    Args:
        counts: (2, 32, 32, 32) int32; a side without any changes nothing.
        rate: in [0, 1], the share of the counts.
        histograms: (2, 32, 32, 32), to change; each sums to 1, or is 0 before anything is seen.
        table: (32, 32, 32), to fill: the chance of the object given the colour, 1/2 where nothing is known.
        scratch: (2, 32, 32, 32).

    Returns:
        The contrast: 1 less the Bhattacharyya coefficient of the two; 0 for the same colours, 1 for others.
    """
    return float(_core().blend_colors(counts, rate, histograms, table, scratch))


def line_profiles(
    rgb: Tensor,
    table: Tensor,
    outline: Outline,
    cam_from_obj: Tensor,
    K: Tensor,
    scale: int,
    out: Lines,
) -> None:
    """Look along the lines across the outlines for the object's border.

    A line is walked by segments of `scale` pixels, as many as the positions of `out` need, at most 64; it is
    left out where hidden, out of the image, or too near another border to tell them apart.

    Args:
        rgb: (H, W, 3) uint8.
        table: (32, 32, 32) of `blend_colors`.
        scale: whole pixels, 1 to 32; positions are so far apart, along the image axis nearest to the line.
    """
    _core().line_profiles(rgb, table, outline, cam_from_obj, K, scale, out)


def line_equations(
    lines: Lines,
    outline: Outline,
    cam_from_obj: Tensor,
    K: Tensor,
    centre: Tensor,
    sigma: float,
    out: NormalEquations,
) -> None:
    """Normal equations of lines for twists of poses about `centre`, as the poses have moved since the look.

    A line's cost is -log of its posterior smoothed by `sigma` pixels, with a floor, times its weight. So a
    wide one draws to the mean of all borders the line may show, and a narrow one climbs the nearest: several
    candidates are kept, as in LDT3D (Tian et al., ECCV 2022), and clutter can be left again. The gradient is
    that of the cost; the curvature is the cost's own, but nowhere negative.

    Args:
        centre: (3,) object frame, metres.
        sigma: pixels, no less than the scale of the look: between positions there is nothing to climb.
        out: (B, 6, 6), (B, 6), (B,), to fill.
    """
    _core().line_equations(lines, outline, cam_from_obj, K, centre, sigma, out)


def line_statistics(
    lines: Lines, outline: Outline, cam_from_obj: Tensor, K: Tensor, width: float, out: Tensor
) -> None:
    """How well lines agree with poses: `LineStatistics` of (B, 5) numbers; width: pixels."""
    _core().line_statistics(lines, outline, cam_from_obj, K, width, out)


def move_poses(
    cam_from_obj: Tensor,
    centre: Tensor,
    equations: NormalEquations,
    K: Tensor,
    radius: float,
    damping: tuple[float, float],
    out: Tensor,
) -> None:
    """Poses moved by the damped Gauss-Newton step about `centre`; those without a finite step stay.

    Args:
        radius: metres, of the object about its centre.
        damping: of shifts and of turns, as added weight of residuals in pixels at the object's radius: 1 is
            as much as one certain line at 1 pixel.
        out: (B, 7), to fill; may be `cam_from_obj`.
    """
    _core().move_poses(cam_from_obj, centre, equations, K, radius, damping, out)


def _core() -> ModuleType:
    core: ModuleType = backend_for(_CPU).lines
    return core
