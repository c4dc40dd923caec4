"""A view of an object as networks are given it: turned in its plane, in one size, on a plain ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.objects.templates import BACKGROUND


@dataclass(frozen=True, eq=False)
class Picture:
    """image: (3, S, S) in [0, 1]; mask: (S, S) bool; view_from_picture: (2, 3) of pixels."""

    image: Tensor
    mask: Tensor
    view_from_picture: np.ndarray

    @property
    def scale(self) -> float:
        """Pixels of the view for one of the picture."""
        return float(np.linalg.norm(self.view_from_picture[:, 0]))

    def in_view(self, pixels: np.ndarray) -> np.ndarray:
        """(..., 2) in the view of pixels (..., 2) of the picture."""
        return pixels @ self.view_from_picture[:, :2].T + self.view_from_picture[:, 2]

    def from_view(self, pixels: np.ndarray) -> np.ndarray:
        """(..., 2) in the picture of pixels (..., 2) of the view."""
        back = np.linalg.inv(self.view_from_picture[:, :2])
        return (pixels - self.view_from_picture[:, 2]) @ back.T


def picture_of(rgb: np.ndarray, mask: np.ndarray, size: int, fill: float, roll: float = 0.0) -> Picture:
    """The thing under a mask (H, W) of a view (H, W, 3), in which the picture's axes are turned by `roll`
    radians; the longer side of the mask's box spans `fill` of the picture's side.
    """
    rows, columns = np.nonzero(mask)
    axes = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    along = np.stack([columns, rows], axis=1) @ axes
    low, high = along.min(0), along.max(0)
    scale = float((high - low).max() + 1) / (fill * size)
    turned = axes * scale
    middle = axes @ ((low + high) / 2) - turned @ np.full(2, (size - 1) / 2)
    view_from_picture = np.concatenate([turned, middle[:, None]], axis=1)
    image, inside = _sampled(rgb, mask, view_from_picture, size, scale)
    whole = torch.where(inside, (255 * image).round() / 255, BACKGROUND)
    return Picture(whole, inside, view_from_picture)


def _sampled(
    rgb: np.ndarray, mask: np.ndarray, view_from_picture: np.ndarray, size: int, scale: float
) -> tuple[Tensor, Tensor]:
    """(3, S, S) and (S, S) bool of the view; averaged first where that has many pixels for one."""
    axis = np.arange(size)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1) @ view_from_picture[:, :2].T + view_from_picture[:, 2]
    height, width = mask.shape
    at = torch.from_numpy((grid + 0.5) * 2 / np.array([width, height]) - 1).float()[None]
    image = torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255
    side = 2 * int(scale / 2 + 0.2) + 1
    if side > 1:
        image = functional.avg_pool2d(image, side, 1, side // 2, count_include_pad=False)
    image = functional.grid_sample(image, at, padding_mode="border", align_corners=False)[0]
    inside = torch.from_numpy(mask)[None, None].float()
    return image, functional.grid_sample(inside, at, align_corners=False)[0, 0] > 0.5
