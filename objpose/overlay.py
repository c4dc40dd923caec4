"""A picture of the answer: the posed objects drawn into the frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from objpose.errors import InputError
from objpose.estimator import PoseEstimate
from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.given import as_list
from objpose.onboarding import ObjectModel
from objpose.raster import render_mesh

# Outline colours, told apart by colour-blind readers too (Okabe & Ito).
OUTLINES = ((0, 158, 115), (230, 159, 0), (86, 180, 233), (213, 94, 0), (204, 121, 167), (240, 228, 66))
AXES = ((220, 50, 47), (60, 160, 60), (38, 100, 220))  # x, y, z
FILL = 0.45  # opacity of the drawn object
IN_FRONT = 0.05  # of the diameter, by which an occluder must stand before the object
PLAIN = 0.75  # brightness of an object without colour, before shading


def draw_overlay(
    frame: Frame, estimates: Sequence[PoseEstimate], objects: Sequence[ObjectModel]
) -> np.ndarray:
    """(H, W, 3) uint8: the frame with each estimate's object, outline, axes, name and confidence.

    Drawn as a pinhole camera sees it; lens distortion is not drawn.
    """
    models = {model.name: model for model in as_list(objects, "objects", ObjectModel, "onboarded objects")}
    estimates = as_list(estimates, "estimates", PoseEstimate, "estimates of PoseEstimator")
    unknown = [estimate.object for estimate in estimates if estimate.object not in models]
    if unknown:
        cure = "give the objects that were estimated"
        raise InputError("objects", ", ".join(models), f"also {', '.join(unknown)}", cure)
    image = frame.rgb.float() / 255
    for index, estimate in enumerate(estimates):
        image = _drawn(image, frame, models[estimate.object], estimate, OUTLINES[index % len(OUTLINES)])
    picture = Image.fromarray((image * 255).round().byte().numpy())
    canvas = ImageDraw.Draw(picture)
    for estimate in estimates:
        _draw_axes(canvas, frame.camera, estimate, models[estimate.object])
    return np.asarray(picture)


def _drawn(image: Tensor, frame: Frame, model: ObjectModel, estimate: PoseEstimate, outline: tuple) -> Tensor:
    camera, pose = frame.camera, model.cam_from_mesh(estimate.cam_from_obj)[None]
    render = render_mesh(
        model.mesh, pose, camera.K.float(), camera.width, camera.height, outputs=("depth", "color", "normals")
    )
    color = render.color[0]
    if model.color_source == "none":
        color = PLAIN * (0.4 + 0.6 * render.normals[0, ..., 2:].abs()).expand(-1, -1, 3)
    shown = (render.mask[0] & ~_hidden(render.depth[0], frame, model))[..., None].float()
    image = image * (1 - FILL * shown) + color * FILL * shown
    edge = _edge(render.mask[0])[..., None]
    return torch.where(edge, torch.tensor(outline) / 255, image)


def _hidden(rendered: Tensor, frame: Frame, model: ObjectModel) -> Tensor:
    """(H, W) bool: where the frame measured something clearly in front of the drawn object."""
    if frame.depth is None:
        return torch.zeros_like(rendered, dtype=torch.bool)
    return (frame.depth > 0) & (frame.depth < rendered - IN_FRONT * model.diameter)


def _edge(mask: Tensor) -> Tensor:
    """(H, W) bool: a two-pixel line around the mask."""
    grown = functional.max_pool2d(mask[None, None].float(), 5, 1, 2)[0, 0] > 0
    return grown & ~mask


def _draw_axes(
    canvas: ImageDraw.ImageDraw, camera: Camera, estimate: PoseEstimate, model: ObjectModel
) -> None:
    """The object's axes, a third of its diameter long, from its centre."""
    centre = model.mesh.bounds().mean(0)
    tips = centre + torch.cat([torch.zeros(1, 3), torch.eye(3)]) * model.diameter / 3
    points = model.cam_from_mesh(estimate.cam_from_obj).apply_points(tips)
    if bool((points[:, 2] <= 0.01).any()):
        return
    start, *ends = [tuple(p) for p in camera.project(points).tolist()]
    for end, color in zip(ends, AXES, strict=True):
        canvas.line([start, end], fill=color, width=3)
    label = f"{estimate.object} {estimate.confidence:.2f}"
    canvas.text((start[0] + 4, start[1] + 4), label, fill="white", stroke_width=2, stroke_fill="black")
