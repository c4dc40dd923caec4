"""A picture of the answer: the posed objects drawn into the frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from objpose.errors import InputError
from objpose.estimator import PoseEstimate
from objpose.frame import Frame
from objpose.given import as_list, described
from objpose.objects import ObjectModel
from objpose.overlay.drawing import draw_axes, drawn

# Outline colours, told apart by colour-blind readers too (Okabe & Ito).
OUTLINES = ((0, 158, 115), (230, 159, 0), (86, 180, 233), (213, 94, 0), (204, 121, 167), (240, 228, 66))


def draw_overlay(
    frame: Frame, estimates: Sequence[PoseEstimate], objects: Sequence[ObjectModel]
) -> UInt8[np.ndarray, "H W 3"]:
    """The frame with each estimate's object, outline, axes, name and confidence.

    Bent as the camera's lens bends what it sees.
    """
    if not isinstance(frame, Frame):
        raise InputError("frame", described(frame), "a Frame", "give the one that was estimated in")
    given = as_list(objects, "objects", ObjectModel, "onboarded objects", "give those that were estimated")
    models = {model.name: model for model in given}
    estimates = as_list(
        estimates,
        "estimates",
        PoseEstimate,
        "estimates",
        "PoseEstimator.estimate gives them",
    )
    unknown = [estimate.object for estimate in estimates if estimate.object not in models]
    if unknown:
        cure = "give the objects that were estimated"
        raise InputError("objects", ", ".join(models), f"also {', '.join(unknown)}", cure)
    image = frame.rgb.float() / 255
    for index, estimate in enumerate(estimates):
        outline, model = OUTLINES[index % len(OUTLINES)], models[estimate.object]
        image = drawn(image, frame, model.mesh, model.cam_from_mesh(estimate.cam_from_obj), outline)
    picture = Image.fromarray((image * 255).round().byte().numpy())
    canvas = ImageDraw.Draw(picture)
    for estimate in estimates:
        label = f"{estimate.object} {estimate.confidence:.2f}"
        model = models[estimate.object]
        draw_axes(canvas, frame.camera, model.mesh, model.cam_from_mesh(estimate.cam_from_obj), label)
    return np.asarray(picture)
