"""The pixels of a crop on which drawn colours are compared with those seen."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from objpose.crops import Crop, mask_box
from objpose.geometry import HOST, upload
from objpose.geometry.nearby import greatest_nearby
from objpose.poses.rivals.exposure import SATURATED


class Window(NamedTuple):
    """The h x w pixels of a crop that show any of B drawings."""

    rows: slice
    columns: slice
    seen: Tensor  # (h, w, 3) sRGB in [0, 1], on the host
    shown: Tensor  # (B, h, w) 0 or 1: the drawn pixels that the frame shows, but for borders, which are mixed
    weight: (
        Tensor  # (B, h, w) those of them that do not glare: glare shows no print, whether there is one or not
    )


def window_of(shown: Tensor, crop: Crop) -> Window:
    """Of drawings that are shown in pixels (B, S, S) bool of a crop."""
    rows, columns = _box(shown.any(0).to(HOST))
    inner = (~greatest_nearby(~shown[:, rows, columns])).float()
    seen = crop.on_host.rgb[rows, columns]
    return Window(rows, columns, seen, inner, inner * upload((seen < SATURATED).any(-1), shown.device))


def _box(shown: Tensor) -> tuple[slice, slice]:
    """The rows and columns of a mask (S, S), and a pixel around."""
    if not bool(shown.any()):
        return slice(1), slice(1)
    low, high = (corner.tolist() for corner in mask_box(shown))
    rows, columns = (slice(max(low[axis] - 1, 0), high[axis] + 2) for axis in (1, 0))
    return rows, columns
