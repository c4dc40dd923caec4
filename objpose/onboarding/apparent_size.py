"""How large an object looks in a frame with depth: what tells the unit of a mesh file that says none."""

from __future__ import annotations

from torch import Tensor

from objpose.frame import Frame
from objpose.geometry.extent import largest_distance

FEWEST = 20  # pixels with depth under a mask that tell a size


def apparent_size(frame: Frame, mask: Tensor) -> float | None:
    """Metres across of what the mask (H, W) shows: its largest angle, at its median depth.

    None without depth, or with depth at too few of its pixels. An object is about this large, or larger where
    it is partly hidden or seen end-on.
    """
    if frame.depth is None:
        return None
    depth = frame.depth[mask & (frame.depth > 0)]
    if len(depth) < FEWEST:
        return None
    pixels = mask.nonzero().flip(1).float()
    points = frame.camera.unproject(pixels, depth.median().expand(len(pixels)))
    return largest_distance(points)
