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


class GreyPart(NamedTuple):
    """A part of an image in grey, 0 to 255, at levels that halve it."""

    left: int  # pixels of the image
    top: int
    width: int  # pixels of the first level
    height: int
    levels: int
    grey: Tensor  # (S,) float32, room for all levels one after the other

    def level(self, index: int) -> Tensor:
        """(h, w) of a level, a view; its pixel is the mean of 2^index x 2^index of the image."""
        start = sum((self.width >> k) * (self.height >> k) for k in range(index))
        width, height = self.width >> index, self.height >> index
        return self.grey[start : start + width * height].view(height, width)


class PatchPoints(NamedTuple):
    """P patches of one level of an earlier frame's pyramid; object frame."""

    points: Tensor  # (P, 3, PATCH_SAMPLES) float32, metres
    values: Tensor  # (P, PATCH_SAMPLES) float32, grey less its mean in the patch
    normals: Tensor  # (P, 3) float32, of the surface, outward
    usable: Tensor  # (P,) bool


class PatchMatches(NamedTuple):
    """How P patches agree with B poses."""

    agreeing: Tensor  # (B,) int32, to 1.5 sigma, and no more than twice as bright or as dark
    seen: Tensor  # (B,) int32, facing the camera and in the part of the image
    rms: Tensor  # (B, P) float32, grey values that a patch differs by; infinite where it is not seen


class PointCounts(NamedTuple):
    """What became of the points of each of B poses that face the camera and lie in the picture, int32."""

    found: Tensor  # (B,) measured near where they are
    hidden: Tensor  # (B,) something is measured in front of them
    missing: Tensor  # (B,) nothing is measured around them
    contradicted: Tensor  # (B,) only what is behind them is measured: they should be seen, and are not

    def share(self, part: Tensor) -> Tensor:
        """(B,) of one of these among all points; 0 where there are none."""
        return part / (self.found + self.hidden + self.missing + self.contradicted).clamp_min(1)

    @staticmethod
    def of(counts: Tensor) -> PointCounts:
        """Views of the columns of (B, POINT_COUNTS)."""
        return PointCounts(*counts.unbind(1))
