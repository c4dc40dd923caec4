"""What the stages of surface points are given and fill, put together as it is everywhere."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class DepthMatching(NamedTuple):
    """How surface points are compared with measured depth."""

    radius: float  # metres: how far from a point its surface is looked for
    sigma: float  # metres: standard deviation of a surface from where its pose has it, besides the noise
    noise: float  # 1 / metres: standard deviation of a depth, by its square
    margin: float  # metres: what is measured so much nearer to the camera than a point hides it


class SurfacePoints(NamedTuple):
    """Surface points of V views of an object, and which view B poses show; object frame."""

    points: Tensor  # (V, M, 3) float32, metres
    normals: Tensor  # (V, M, 3) float32, unit, outward
    view: Tensor  # (B,) int32, each pose's view


class PointCounts(NamedTuple):
    """What became of the points of each of B poses that face the camera and lie in the picture, int32."""

    found: Tensor  # (B,) measured near where they are
    hidden: Tensor  # (B,) something is measured in front of them
    missing: Tensor  # (B,) nothing is measured around them
    contradicted: Tensor  # (B,) only what is behind them is measured: they should be seen, and are not

    @staticmethod
    def of(counts: Tensor) -> PointCounts:
        """Views of the columns of (B, POINT_COUNTS)."""
        return PointCounts(*counts.unbind(1))
