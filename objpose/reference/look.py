"""A photo's view of one object: what a virtual camera that looks straight at the mask sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from objpose.cameras.scene.options import KeypointOptions
from objpose.cameras.scene.views import View
from objpose.crops import main_part, mask_box
from objpose.features.local import LocalFeatures
from objpose.frame import Frame
from objpose.geometry import Camera, nearest_pixels
from objpose.geometry.rigid_matrices import rigid_matrix
from objpose.poses.query import query_view
from objpose.reference.described import Described, described

FILL = 0.8  # of the view's side that the mask spans
LARGEST = 2.5  # pixels of the view for one of the photo: more shows nothing new
# Radians by which a view is turned to be matched with another: descriptors bear half the step and more.
ROLLS = [2 * np.pi * turn / 12 for turn in range(12)]
BLUR = 0.0175  # of the view's side: one standard deviation of what colours are averaged over
DARK = 0.05  # added to colours before their logarithm
EXACT_PX = 1.0  # of the photo: what a right match is off at most, by its epipolar line


@dataclass(frozen=True, eq=False)
class Look:
    """rgb: (S, S, 3) uint8; mask: (S, S) bool; K: (3, 3) of the virtual pinhole; look_from_cam: (4, 4), a
    turn against the photo's camera; depth: (S, S) z-depth of the virtual camera, metres, 0 = missing, or
    None; scale: pixels of the view for one of the photo.
    """

    rgb: np.ndarray
    mask: np.ndarray
    K: np.ndarray
    look_from_cam: np.ndarray
    depth: np.ndarray | None
    scale: float

    @property
    def size(self) -> int:
        return self.rgb.shape[0]

    @property
    def pixel(self) -> float:
        """One pixel of the photo, at depth one."""
        return self.scale / float(self.K[0, 0])

    @property
    def radius(self) -> float:
        """Half the width of the mask, as of a disc of its area, at depth one."""
        return float(np.sqrt(self.mask.sum() / np.pi) / self.K[0, 0])

    @cached_property
    def height(self) -> np.ndarray:
        """(S, S) of a pillow over the mask: a quarter circle of radius 1 from the outline to the innermost
        point, less its mean.
        """
        within = ndimage.distance_transform_edt(self.mask)
        height = np.sqrt(1.0 - (1.0 - within / max(float(within.max()), 1.0)) ** 2)
        return height - height[self.mask].mean()

    @cached_property
    def upright(self) -> Described:
        return described(self.rgb, self.mask, [0.0])[0]

    @cached_property
    def turned(self) -> list[Described]:
        """All the ways round."""
        return described(self.rgb, self.mask, ROLLS)

    def turned_as(self, here: np.ndarray, there: np.ndarray) -> Described:
        """The way round in which places (N, 2) of another view are turned to those (N, 2) of this one."""
        here, there = here - here.mean(0), there - there.mean(0)
        cross = here.T @ there
        roll = np.arctan2(cross[0, 1] - cross[1, 0], cross[0, 0] + cross[1, 1])
        return self.turned[round(roll / ROLLS[1]) % len(ROLLS)]

    @cached_property
    def log_brightness(self) -> np.ndarray:
        """(S, S), colours averaged over what is the thing's around each pixel."""
        sigma, weight = BLUR * self.size, self.mask.astype(np.float64)
        share = ndimage.gaussian_filter(weight, sigma) + 1e-6
        planes = self.rgb.transpose(2, 0, 1) / 255.0 * weight
        mean: np.ndarray = np.log(
            [ndimage.gaussian_filter(one, sigma) / share + DARK for one in planes]
        ).mean(0)
        return mean

    def view(self, name: str, features: LocalFeatures) -> View:
        """As the geometry of pairs of photos sees it."""
        exact = KeypointOptions(size_px=self.size, tolerance_px=EXACT_PX * self.scale)
        return View(name, self.size, self.size, self.K, features, exact)

    def rays(self, pixels: np.ndarray) -> np.ndarray:
        """(N, 2) pixels (N, 2) of the view at depth one."""
        return (pixels - self.K[:2, 2]) / self.K.diagonal()[:2]


def look_at(frame: Frame, mask: Tensor, size: int) -> Look:
    """The object under a mask (H, W), in a view of `size` pixels a side.

    Raises:
        InputError: a mask that lies where the frame's lens sees nothing in front of the camera.
    """
    mask = main_part(mask)
    query = query_view(frame, mask, _sensible(mask, size), FILL)
    K = query.K.double().numpy()
    turn = query.query_from_cam.matrix().double().numpy()
    rgb = (query.rgb * 255).round().to(torch.uint8).numpy()
    scale = float(K[0, 0] / frame.camera.fx)
    look_from_cam = rigid_matrix(turn, np.zeros(3))
    depth = None if frame.depth is None else _depth(frame, frame.depth, mask, query.K, turn, query.size)
    return Look(rgb, query.mask.numpy(), K, look_from_cam, depth, scale)


def _sensible(mask: Tensor, size: int) -> int:
    """Pixels of the view's side: no more than the photo has to show, many times over."""
    low, high = mask_box(mask)
    longest = float((high - low).max()) + 1
    return max(int(min(size, LARGEST * longest / FILL)), 32)


def _depth(
    frame: Frame, measured: Tensor, mask: Tensor, K: Tensor, turn: np.ndarray, size: int
) -> np.ndarray | None:
    """(S, S) of the virtual camera, picked from the frame's pixels under the mask; None where none is."""
    look_from_cam = torch.from_numpy(turn).float()
    rays = Camera.from_K(K, size, size).rays().float()
    pixels = frame.camera.project(rays @ look_from_cam)
    column, row, inside = nearest_pixels(pixels, *frame.size)
    points = frame.camera.unproject(torch.stack([column, row], dim=-1).float(), measured[row, column])
    depth = (points.float() @ look_from_cam.T)[..., 2] * (inside & mask[row, column])
    depth = torch.where(measured[row, column] > 0, depth, 0.0)
    return depth.numpy() if bool((depth > 0).any()) else None
