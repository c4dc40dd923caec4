"""A picture of what a tracker says: outlines in the colour of each status, and the status in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.given import as_list
from objpose.objects import ObjectModel
from objpose.overlay.drawing import FILL, Color, draw_axes, drawn
from objpose.tracking import Status, TrackState

# Told apart by colour-blind readers too (Okabe & Ito).
STATUS_COLORS: dict[Status, Color] = {
    Status.SEARCHING: (200, 200, 200),
    Status.TRACKING: (0, 158, 115),
    Status.UNCERTAIN: (230, 159, 0),
    Status.LOST: (213, 94, 0),
    Status.REACQUIRED: (86, 180, 233),
}
LETTER = 0.035  # of the picture's width, but LEAST_LETTER pixels
LEAST_LETTER = 11.0


def draw_states(
    frame: Frame, states: Sequence[TrackState], objects: Sequence[ObjectModel]
) -> UInt8[np.ndarray, "H W 3"]:
    """The frame with each object as it is tracked, and in its corner the status of each and why.

    A trusted pose is drawn with its axes, an uncertain one without, and where an object was seen last only as
    an outline.

    Raises:
        InputError: a state of an object that is not among these.
    """
    given = as_list(objects, "objects", ObjectModel, "onboarded objects", "give those that are tracked")
    models = {model.name: model for model in given}
    unknown = [state.object for state in states if state.object not in models]
    if unknown:
        cure = "give the objects that are tracked"
        raise InputError("objects", ", ".join(models), f"also {', '.join(unknown)}", cure)
    image = frame.rgb.float() / 255
    for state in states:
        if state.cam_from_obj is not None:
            fill = 0.0 if state.status is Status.LOST else FILL
            model, outline = models[state.object], STATUS_COLORS[state.status]
            cam_from_mesh = model.cam_from_mesh(state.cam_from_obj)
            image = drawn(image, frame, model.mesh, cam_from_mesh, outline, fill)
    picture = Image.fromarray((image * 255).round().byte().numpy())
    canvas = ImageDraw.Draw(picture)
    for state in states:
        if state.cam_from_obj is not None and state.is_trusted:
            model = models[state.object]
            cam_from_mesh = model.cam_from_mesh(state.cam_from_obj)
            draw_axes(canvas, frame.camera, model.mesh, cam_from_mesh, state.object)
    _draw_corner(canvas, states, picture.width)
    return np.asarray(picture)


def _draw_corner(canvas: ImageDraw.ImageDraw, states: Sequence[TrackState], width: int) -> None:
    """A line for each object, black on the colour of its status."""
    font = ImageFont.load_default(max(LEAST_LETTER, LETTER * width))
    top = 0.0
    for state in states:
        reason = f": {state.reason}" if state.reason else ""
        words = f" {state.object} {state.status.value} {state.confidence:.2f}{reason} "
        left, _, right, bottom = canvas.textbbox((0, top), words, font=font)
        bottom += (bottom - top) / 4
        canvas.rectangle((left, top, right, bottom), fill=STATUS_COLORS[state.status])
        canvas.text((0, top), words, fill="black", font=font)
        top = bottom
