"""A picture of instances of categories: their boxes, and the shapes that were fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from objpose.categories import CategoryEstimate
from objpose.errors import InputError
from objpose.frame import Frame
from objpose.given import as_list, described
from objpose.overlay.drawing import NEAR, draw_axes, drawn
from objpose.overlay.estimates import OUTLINES

SHAPE = 0.3  # opacity of the fitted shape: what is seen should shine through
WIDTH = 2  # pixels of the edges
STEPS = 24  # parts of an edge, which a lens bends


def draw_boxes(frame: Frame, estimates: Sequence[CategoryEstimate]) -> UInt8[np.ndarray, "H W 3"]:
    """The frame with the box of each estimate, its fitted shape, axes, category and confidence."""
    if not isinstance(frame, Frame):
        raise InputError("frame", described(frame), "a Frame", "give the one that was estimated in")
    cure = "objpose.estimate_category gives them"
    estimates = as_list(estimates, "estimates", CategoryEstimate, "estimates of categories", cure)
    image = frame.rgb.float() / 255
    colors = [OUTLINES[index % len(OUTLINES)] for index in range(len(estimates))]
    for estimate, color in zip(estimates, colors, strict=True):
        image = drawn(image, frame, estimate.shape, estimate.cam_from_obj, color, SHAPE)
    picture = Image.fromarray((image * 255).round().byte().numpy())
    canvas = ImageDraw.Draw(picture)
    for estimate, color in zip(estimates, colors, strict=True):
        _draw_edges(canvas, frame, estimate, color)
        label = f"{estimate.category} {estimate.confidence:.2f}"
        draw_axes(canvas, frame.camera, estimate.shape, estimate.cam_from_obj, label)
    return np.asarray(picture)


def _draw_edges(
    canvas: ImageDraw.ImageDraw, frame: Frame, estimate: CategoryEstimate, color: tuple[int, int, int]
) -> None:
    """The twelve edges of the box, as far as they lie before the camera."""
    corners = torch.cartesian_prod(*[torch.tensor([-0.5, 0.5])] * 3) * estimate.size
    ways = torch.linspace(0, 1, STEPS)[:, None]
    for one in range(8):
        for other in range(one + 1, 8):
            if int(((corners[one] - corners[other]).abs() > 0).sum()) != 1:
                continue
            edge = estimate.cam_from_obj.apply((1 - ways) * corners[one] + ways * corners[other])
            pixels = frame.camera.project(edge[edge[:, 2] > NEAR])
            canvas.line([tuple(place) for place in pixels.tolist()], fill=color, width=WIDTH)
