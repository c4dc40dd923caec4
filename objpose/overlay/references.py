"""A picture of what one reference photo tells of another."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from objpose.frame import Frame
from objpose.geometry import SE3, Camera
from objpose.overlay.drawing import draw_frame, edge
from objpose.overlay.estimates import OUTLINES
from objpose.reference import Reference, ReferencePose

INSET = 0.35  # of the frame's height, that the reference is shown in


def draw_reference(frame: Frame, found: ReferencePose, reference: Reference) -> UInt8[np.ndarray, "H W 3"]:
    """The target with the object's outline and axes of its frame; inset, the reference with the same."""
    image = torch.where(edge(found.mask)[..., None], torch.tensor(OUTLINES[0]).byte(), frame.rgb)
    picture = Image.fromarray(image.numpy())
    photo = reference.photos[found.reference]
    look = photo.look
    length = look.radius * _distance(found, reference)
    label = f"{reference.name} {found.confidence:.2f}"
    draw_frame(ImageDraw.Draw(picture), frame.camera, found.cam_from_obj, torch.zeros(3), length, label)
    side = round(INSET * picture.height)
    inset = Image.fromarray(look.rgb).resize((side, side))
    look_from_obj = SE3.from_matrix(torch.from_numpy(photo.look_from_obj)).to(torch.float32)
    camera = Camera.from_K(look.K, look.size, look.size).resize(side, side)
    width = look.radius * float(photo.look_from_obj[2, 3])
    draw_frame(ImageDraw.Draw(inset), camera, look_from_obj, torch.zeros(3), width, "reference")
    picture.paste(inset, (0, 0))
    return np.asarray(picture)


def _distance(found: ReferencePose, reference: Reference) -> float:
    """Of the object in the reference, in the unit of the answer, which may have become metres."""
    distance = float(reference.photos[found.reference].cam_from_obj.translation.norm())
    if reference.is_metric or found.reference_distance is None:
        return distance
    return distance * found.reference_distance
