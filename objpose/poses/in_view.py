"""How much of an object an answer rests on: what is hidden has no say, and a strip fits many things.

A strip at the frame's border or beside what hides the rest is a piece of plane or of a roll to any pose. What
it tells grows with how far the surface that is seen spreads in space, along all three axes.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from objpose.crops import NEAR, Crop, depth_tolerance
from objpose.geometry import SE3, Camera, depth_to_points, nearest_pixels
from objpose.objects import ObjectModel
from objpose.poses.answer import PoseAnswer
from objpose.raster import render_mesh

SIZE = 96  # pixels of the side of the drawing of all of the object, beyond the frame too
AGREED = 0.04  # of the diameter: depth that confirms a pixel, if no noisier
# Of the diameter: the spread that is no shape yet, and the product of three that is enough. Chosen on even
# images of three sets, cut to slivers and whole.
FLAT, ENOUGH = 0.005, 1e-3
LEAST_PIXELS = 8  # of the drawing
TELL = -1.0  # nats below which the user is told
LITTLE = "so little of it is in view that other things, or other poses, would fit as well: show more of it"


def with_view(answer: PoseAnswer, model: ObjectModel, crop: Crop) -> PoseAnswer:
    """The answer, and in its first pose's verdict what so little in view costs it; all of it on the host."""
    nats = view_nats(model, crop, answer.cam_from_obj[0])
    first = torch.arange(len(answer)) == 0
    told = (*answer.warnings, LITTLE) if nats < TELL else answer.warnings
    return replace(answer, verdict=replace(answer.verdict, view=first * nats), warnings=told)


def view_nats(model: ObjectModel, crop: Crop, cam_from_obj: SE3) -> float:
    """Nats, 0 at most, against a pose (), mesh frame, of which a crop shows little; 0 of whole objects.

    The mask, and depth where there is some, say what is in view. The share that is not, times the logarithm
    of how many times less than enough what is in view spreads.
    """
    camera = _around(model, crop, cam_from_obj)
    if camera is None:
        return 0.0
    K = camera.K.float()
    drawn = render_mesh(model.mesh, cam_from_obj[None], K, SIZE, SIZE, near=NEAR).depth[0]
    shown = (drawn > 0) & _confirmed(crop, camera, drawn, depth_tolerance(crop, AGREED * model.diameter))
    count = int((drawn > 0).sum())
    if count < LEAST_PIXELS:
        return 0.0
    hidden = 1.0 - float(shown.sum()) / count
    return hidden * min(0.0, _log_spread(depth_to_points(drawn, camera)[shown] / model.diameter))


def _around(model: ObjectModel, crop: Crop, cam_from_obj: SE3) -> Camera | None:
    """The camera that sees all of the object, where the crop ends too; None where it reaches behind it."""
    points = cam_from_obj.apply(model.surface.cloud.points)
    if not bool((points[:, 2] > NEAR).all()):
        return None
    pixels = crop.camera.project(points)
    low, high = pixels.amin(0).floor(), pixels.amax(0).ceil()
    side = int((high - low).max()) + 3
    left, top = ((low + high - side + 1) / 2).tolist()
    return crop.camera.crop(left, top, side, side).resize(SIZE, SIZE)


def _confirmed(crop: Crop, camera: Camera, drawn: Tensor, reach: float) -> Tensor:
    """(S, S) bool: pixels of a camera that the crop's mask holds, its depth no further off than the reach."""
    column, row, inside = nearest_pixels(crop.camera.project(camera.rays()), crop.size, crop.size)
    depth = crop.depth[row, column]
    return crop.mask[row, column] & inside & ((depth == 0) | ((depth - drawn).abs() < reach))


def _log_spread(points: Tensor) -> float:
    """Of points (N, 3), diameters: the logarithm of the product of their three spreads, over ENOUGH."""
    away = (points - points.mean(0)).double()
    scatter = away.T @ away / max(len(points), 1)
    return float(torch.logdet(scatter + FLAT**2 * torch.eye(3))) / 2 - math.log(ENOUGH)
