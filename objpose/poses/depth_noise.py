"""How noisy depth is about an answer: residuals assume a noise, and the frame itself tells it."""

from __future__ import annotations

from dataclasses import replace

from objpose.crops import NEAR, Crop
from objpose.objects import ObjectModel
from objpose.poses.answer import PoseAnswer
from objpose.poses.rivals.depth import depth_sigma
from objpose.raster import render_mesh


def as_noisy(answer: PoseAnswer, model: ObjectModel, crop: Crop, assumed: float) -> PoseAnswer:
    """The answer, its information as the depth's own noise about the first pose makes it.

    assumed: metres, sigma of the residuals that the information is of. All of it lies on the host: one
    drawing is not worth waiting for a device.
    """
    best = answer.cam_from_obj[:1]
    drawn = render_mesh(model.mesh, best, crop.K, crop.size, crop.size, near=NEAR).depth
    noise = depth_sigma(drawn, crop, model.diameter) / assumed
    return replace(answer, information=answer.information / noise.square())
