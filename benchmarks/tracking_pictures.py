"""Things before a background as cameras see them: antialiased, blurred by motion, lit; and their depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from sensing import Difficulty, Light, measured_depth
from torch import Tensor
from torch.nn.functional import avg_pool2d
from tracking_light import shaded

from objpose.geometry import SE3, Camera, Mesh, resized_pixels
from objpose.raster import render_mesh

FINER = 2  # samples a pixel and axis
BORDER = 3  # pixels around what is drawn
WALL = 1.25  # metres, distance of the background
CONSUMER = Difficulty()


class Placed(NamedTuple):
    """A mesh and its cam_from_mesh at moments of one exposure (k,), the same number for all things."""

    mesh: Mesh
    moments: SE3


class Window(NamedTuple):
    """Pixels of the image: columns from `left` on, rows from `top` on."""

    left: int
    top: int
    width: int
    height: int

    def K(self, camera: Camera, finer: int = 1) -> Tensor:
        """(3, 3) of a camera that sees the window alone, with so many pixels in place of each."""
        K = camera.K.clone()
        K[:2, 2] -= torch.tensor([self.left, self.top], dtype=K.dtype)
        K[:2, 2] = resized_pixels(K[:2, 2], finer)
        K[[0, 1], [0, 1]] *= finer
        return K

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def exposed(things: list[Placed], camera: Camera, light: Light, background: np.ndarray) -> np.ndarray:
    """(H, W, 3) colours, without the sensor's noise."""
    picture = background.copy()
    window = _window(things, camera)
    if window is None:
        return picture
    color, alpha = _blended(things, camera, window, light)
    behind = picture[window.slices]
    picture[window.slices] = color + (1 - alpha[..., None]) * behind
    return picture


def sensed(colors: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8 with noise of that standard deviation, in [0, 1]."""
    noisy = colors + noise * rng.standard_normal(colors.shape, dtype=np.float32)
    return (255 * np.clip(noisy, 0, 1) + 0.5).astype(np.uint8)


def sensed_depth(things: list[Placed], camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """(H, W) metres as of a structured-light camera; the background is a wall."""
    shape = camera.height, camera.width
    depth, normals = np.full(shape, WALL, np.float32), np.zeros((*shape, 3), np.float32)
    normals[..., 2] = -1
    for mesh, moments in things:
        middle = moments[len(moments) // 2]
        seen = render_mesh(mesh, middle, camera.K, shape[1], shape[0], outputs=("depth", "normals"))
        nearer = seen.mask[0].numpy() & (seen.depth[0].numpy() < depth)
        depth[nearer], normals[nearer] = seen.depth[0].numpy()[nearer], seen.normals[0].numpy()[nearer]
    return measured_depth(depth, normals, camera.fx, rng, CONSUMER)


def _blended(
    things: list[Placed], camera: Camera, window: Window, light: Light
) -> tuple[np.ndarray, np.ndarray]:
    """Colours times coverage (h, w, 3), and coverage (h, w), over all moments."""
    K, width, height = window.K(camera, FINER), FINER * window.width, FINER * window.height
    color, nearest = None, None
    for mesh, moments in things:
        seen = render_mesh(mesh, moments, K, width, height, outputs=("depth", "normals", "color"))
        depth = torch.where(seen.mask, seen.depth, torch.inf)
        lit = torch.zeros_like(seen.color)
        lit[seen.mask] = shaded(seen.color[seen.mask], seen.normals[seen.mask], light)
        color = lit if color is None else torch.where((depth < nearest)[..., None], lit, color)
        nearest = depth if nearest is None else torch.minimum(depth, nearest)
    layers = torch.cat([color, nearest.isfinite()[..., None]], dim=-1).mean(0).permute(2, 0, 1)
    shrunk = avg_pool2d(layers, FINER).permute(1, 2, 0).numpy()
    return shrunk[..., :3], shrunk[..., 3]


def _window(things: list[Placed], camera: Camera) -> Window | None:
    """What holds all things; None where none is in view."""
    corners = []
    for mesh, moments in things:
        at = moments.apply_points(mesh.vertices).reshape(-1, 3)
        corners.append(camera.project(at[at[:, 2] > 0.05]))
    seen = torch.cat(corners)
    low = (seen.amin(0) - BORDER).clamp(min=0).floor().int().tolist()
    high = (seen.amax(0) + BORDER).ceil().int().tolist()
    right, bottom = min(high[0], camera.width), min(high[1], camera.height)
    if right <= low[0] or bottom <= low[1]:
        return None
    return Window(low[0], low[1], right - low[0], bottom - low[1])
