"""How strongly neighbouring pixels are parted: by colour, by a depth jump, by a fold of the surface."""

from __future__ import annotations

import numpy as np
import torch
from kornia.color import rgb_to_lab
from scipy import ndimage
from torch import Tensor

from objpose.geometry import Camera, depth_normals, depth_to_points
from objpose.segmentation.color import hue_and_tone

COLOR_BLUR = 1.2  # pixels, before differences are taken
COLOR_UNIT = 25.0  # CIE Lab difference that is a full edge
HUE_UNIT = 0.5  # of the disc of hue and saturation, likewise
REACH = 2  # pixels on each side of an edge that are compared
JUMP_UNIT = 0.02  # of the depth: a step that is a full edge, beyond what slope explains
STEEPEST = 4.0  # tangent of the slope up to which a step is no jump
FOLD_UNIT = 0.7  # sine of the angle of a concave fold that is a full edge


def color_edges(rgb: Tensor) -> np.ndarray:
    """(H, W) from 0 to 1: differences of colour in an image (H, W, 3) in [0, 1]."""
    return _differences(rgb_to_lab(rgb.permute(2, 0, 1)[None])[0].numpy(), COLOR_UNIT)


def hue_edges(rgb: Tensor) -> np.ndarray:
    """(H, W) from 0 to 1: differences of hue and saturation alone, which shading leaves, as `color_edges`."""
    return _differences(hue_and_tone(rgb)[..., :2].permute(2, 0, 1).numpy(), HUE_UNIT)


def _differences(planes: np.ndarray, unit: float) -> np.ndarray:
    """(H, W) length of the differences of planes (C, H, W), 1 from `unit` on."""
    smooth = ndimage.gaussian_filter(planes, (0, COLOR_BLUR, COLOR_BLUR))
    squared = sum((_across(smooth, axis) ** 2).sum(0) for axis in (1, 2))
    return np.minimum(np.sqrt(squared) / unit, 1.0)


def depth_edges(depth: Tensor, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Jumps (H, W) and concave folds (H, W), from 0 to 1, of a depth image (H, W) in metres without holes.

    Convex folds lie within objects and do not count.
    """
    points = depth_to_points(depth, camera).permute(2, 0, 1).numpy()
    normals = depth_normals(depth, camera).permute(2, 0, 1).numpy()
    z = points[2]
    jump, fold = np.zeros_like(z), np.zeros_like(z)
    for axis, focal in ((1, camera.fy), (2, camera.fx)):
        step, turn = _across(points, axis), _across(normals, axis)
        length = np.sqrt((step**2).sum(0)) + 1e-9
        excess = np.abs(step[2]) / z - 2 * REACH * STEEPEST / focal
        jump = np.maximum(jump, excess / JUMP_UNIT)
        # Normals that turn towards each other along the step make a valley; jumps have no fold.
        valley = -(turn * step).sum(0) / length
        fold = np.maximum(fold, np.where(excess > 0, 0.0, valley / FOLD_UNIT))
    return np.clip(jump, 0.0, 1.0), np.clip(fold, 0.0, 1.0)


def filled(depth: Tensor) -> Tensor:
    """(H, W) the depth with each missing value (0) taken from the nearest pixel that has one."""
    missing = depth.numpy() == 0
    if not missing.any():
        return depth
    nearest = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
    return depth[torch.from_numpy(nearest[0]).long(), torch.from_numpy(nearest[1]).long()]


def _across(planes: np.ndarray, axis: int) -> np.ndarray:
    """(C, H, W) difference between the pixels REACH ahead and REACH behind, the border repeated."""
    size = planes.shape[axis]
    place = np.arange(size)
    ahead, behind = np.minimum(place + REACH, size - 1), np.maximum(place - REACH, 0)
    return planes.take(ahead, axis) - planes.take(behind, axis)
