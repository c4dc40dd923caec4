"""Whether an object made of photos has the outline of its masks: where not, its shape is rough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.frame import Frame
from objpose.geometry import SE3, Mesh
from objpose.raster import render_mesh

SIZE = 160  # pixels of the longer side of the pictures that are compared
ROUGH = 0.8  # of intersection over union, the median photo's, below which it is said


def outline_advice(
    mesh: Mesh,
    frames: Sequence[Frame],
    outlines: Sequence[np.ndarray | Tensor],
    cam_from_obj: SE3,
    names: Sequence[str],
) -> list[str]:
    """A line where the mesh's outline is not that of the masks it was made of; empty where it is.

    outlines: masks (H, W) of the N photos; cam_from_obj: (N,) in the mesh's frame. Masks that contradict each
    other leave a hull of what they share, and colours of what lies behind.
    """
    overlaps = torch.tensor(
        [_overlap(mesh, *view) for view in zip(frames, outlines, cam_from_obj, strict=True)]
    )
    median, worst = float(overlaps.median()), int(overlaps.argmin())
    if median >= ROUGH:
        return []
    said = f"{median:.0%} at the median photo and {float(overlaps[worst]):.0%} in {names[worst]}"
    return [f"the object's outline overlaps the masks by {said}: its shape is rough; give better masks"]


def _overlap(mesh: Mesh, frame: Frame, outline: np.ndarray | Tensor, cam_from_obj: SE3) -> float:
    """Intersection over union of the drawn mesh and the mask."""
    camera = frame.camera.pinhole
    share = min(1.0, SIZE / max(camera.width, camera.height))
    small = camera.resize(round(share * camera.width), round(share * camera.height))
    cam_from_obj, size = cam_from_obj[None].to(torch.float32), (small.width, small.height)
    drawn = render_mesh(mesh, cam_from_obj, small.K.float(), *size, outputs=("depth",))
    shown = drawn.mask[0]
    given = torch.as_tensor(outline)[None, None].float()
    mask = functional.interpolate(given, size=shown.shape, mode="area")[0, 0] > 0.5
    return float((shown & mask).sum()) / max(float((shown | mask).sum()), 1.0)
