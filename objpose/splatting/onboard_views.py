"""Onboarding without a mesh: posed pictures of an object become splats."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from objpose.comparison import crop_frame, main_part
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import SE3
from objpose.onboarding.splat_files import save_splats
from objpose.raster import Splats
from objpose.splatting.fit import FitOptions, fit_splats

CROP = 160  # pixels of a view's side


def onboard_views(
    frames: Sequence[Frame],
    masks: Sequence[np.ndarray | Tensor],
    cam_from_obj: SE3,
    options: FitOptions = FitOptions(),  # noqa: B008 - frozen
    out: str | os.PathLike | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Splats:
    """Splats of an object from N posed RGB or RGB-D views with masks; no mesh is needed.

    Twenty views from all around are plenty. With depth in every view the splats start on the measured
    surface, else on the visual hull; see `fit_splats`. `refine_splats` refines poses on them.

    Args:
        masks: N of (H, W), the object's visible pixels.
        cam_from_obj: (N,) metres.
        out: a .ply file to write, which viewers of Gaussian splats open.
        progress: called with (step, steps).

    Raises InputError for views that do not fit together, and for another suffix than .ply.
    """
    if out is not None and Path(out).suffix.lower() != ".ply":
        raise InputError(out, f"suffix {Path(out).suffix!r}", ".ply", "name a PLY file")
    if not len(frames) == len(masks) == len(cam_from_obj):
        found = f"{len(frames)} frames, {len(masks)} masks, {len(cam_from_obj)} poses"
        raise InputError("views", found, "as many of each", "give every frame its mask and pose")
    checked = [
        frame.checked_mask(mask, f"mask {i}")
        for i, (frame, mask) in enumerate(zip(frames, masks, strict=True))
    ]
    views = [crop_frame(frame, main_part(mask), CROP) for frame, mask in zip(frames, checked, strict=True)]
    splats = fit_splats(views, cam_from_obj, options, progress=progress)
    if out is not None:
        save_splats(out, splats)
    return splats
