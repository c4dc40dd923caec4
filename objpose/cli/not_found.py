"""What is said of objects that were looked for and are not in the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from objpose import Frame, ObjectModel, PoseEstimate

FEWEST = 24  # pixels across; of smaller pictures of an object little can be told
ENDS = 0.05  # share of the depths that may be strays, at either end


def not_found(
    frame: Frame,
    models: Sequence[ObjectModel],
    estimates: Sequence[PoseEstimate],
    shown: Sequence[PoseEstimate],
) -> dict[str, str]:
    """Why each object that none of the estimates shown is of has no pose, by its name."""
    answered = {estimate.object for estimate in shown}
    return {
        model.name: _doubtful(model, estimates) or _misfit(frame, model) or _nothing(frame)
        for model in models
        if model.name not in answered
    }


def _doubtful(model: ObjectModel, estimates: Sequence[PoseEstimate]) -> str:
    best = max((one.confidence for one in estimates if one.object == model.name), default=None)
    if best is None:
        return ""
    return f"nothing in view is surely it; its likeliest place has a confidence of {best:.2f}"


def _misfit(frame: Frame, model: ObjectModel) -> str:
    """Of an object that would be seen at no depth of the frame: a wrong depth scale, or a mesh's unit."""
    depths = np.zeros(0) if frame.depth is None else frame.depth[frame.depth > 0].cpu().numpy()
    if not depths.size:
        return ""
    near, far = np.quantile(depths, [ENDS, 1 - ENDS])
    largest, least = (frame.camera.fx * model.diameter / depth for depth in (near, far))
    if largest >= FEWEST and least <= frame.camera.width:
        return ""
    return (
        f"not found: depths are {near:.3g} to {far:.3g} m, where an object of {model.diameter:.3g} m is "
        f"{least:.0f} to {largest:.0f} pixels wide; check --depth-scale and --units"
    )


def _nothing(frame: Frame) -> str:
    cure = "--mask, --bbox or --point can say where to look"
    return f"not found; {cure}" if frame.depth is not None else f"not found; {cure}, and --depth how far"
