"""How large an object looks in a frame with depth, and the mistake of unit that its mesh then shows."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.errors import warn_input
from objpose.frame import Frame
from objpose.geometry.extent import largest_distance
from objpose.onboarding.object_model import ObjectModel
from objpose.onboarding.units import LEAST_OF_SEEN, METRES_PER_UNIT, unit_name

FEWEST = 20  # pixels with depth under a mask that tell a size
# Diameter over apparent size: below or above, no occlusion, view or border of a mask explains it.
TOO_SMALL, TOO_LARGE = 0.35, 8.0
MISTAKES = (1000.0, 100.0, 25.4, 10.0)  # one unit taken for another


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


def mistaken_factor(diameter: float, seen: float) -> float | None:
    """What makes the object as large as it looks, a ratio of units; None where it fits as it is."""
    ratio = diameter / seen
    if ratio < TOO_SMALL:
        return next((f for f in reversed(MISTAKES) if ratio * f >= LEAST_OF_SEEN), None)
    if ratio > TOO_LARGE:
        return next((1 / f for f in MISTAKES if ratio / f >= LEAST_OF_SEEN), None)
    return None


def warn_of_unit(model: ObjectModel, frame: Frame, masks: list[Tensor]) -> None:
    """Warn where the masks of an object show it in another size than it has, by the ratio of two units."""
    sizes = [size for size in (apparent_size(frame, mask) for mask in masks) if size is not None]
    seen = float(torch.tensor(sizes).median()) if sizes else 0.0
    factor = mistaken_factor(model.diameter, seen) if seen > 0 else None
    if factor is None:
        return
    read_as = model.source.get("units")
    scale = METRES_PER_UNIT.get(read_as)
    likely = None if scale is None else unit_name(scale * factor)
    found = f"a diameter of {model.diameter * 1e3:.4g} mm" + (f", read as {read_as}" if scale else "")
    wrong = f"{factor:.4g} times too small" if factor > 1 else f"{1 / factor:.4g} times too large"
    cure = f"onboard it with --units {likely}" if likely in METRES_PER_UNIT else f"the mesh is {wrong}"
    cure += ", or mend the depth scale if that is wrong"
    warn_input(model.name, found, f"about the {seen * 1e3:.3g} mm that mask and depth show", cure)
