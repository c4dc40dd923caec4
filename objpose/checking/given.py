"""The inputs as they were given: nothing is refused here, so that everything wrong with them can be said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import Camera


@dataclass(frozen=True, eq=False)
class Given:
    """A view whose parts may disagree. What is missing, or could not be read, is None.

    `Camera(K, width, height)` takes any K, where `Camera.from_K` refuses.
    """

    rgb: np.ndarray  # (H, W, 3) uint8
    camera: Camera | None = None
    depth: np.ndarray | None = None  # (h, w) metres as read; 0, NaN and infinity are missing
    mask: np.ndarray | None = None  # (h, w) bool

    @staticmethod
    def of(frame: Frame, mask: np.ndarray | Tensor | None = None) -> Given:
        depth = None if frame.depth is None else frame.depth.cpu().numpy()
        return Given(frame.rgb.cpu().numpy(), frame.camera, depth, None if mask is None else as_mask(mask))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture."""
        return self.rgb.shape[1], self.rgb.shape[0]

    @property
    def seen(self) -> np.ndarray:
        """(h, w) depth, which there must be, with 0 wherever it is missing."""
        assert self.depth is not None
        return np.where(np.isfinite(self.depth) & (self.depth > 0), self.depth, 0.0).astype(np.float32)


def as_mask(mask: np.ndarray | Tensor) -> np.ndarray:
    """(H, W) bool of any size; raises InputError for another number of axes."""
    mask = mask.detach().cpu().numpy() if isinstance(mask, Tensor) else np.asarray(mask)
    if mask.ndim != 2:
        raise InputError("mask", f"shape {mask.shape}", "(H, W)", "give one mask of one object")
    return mask.astype(bool)


def points_under(depth: np.ndarray, where: np.ndarray, camera: Camera) -> np.ndarray:
    """(N, 3) metres, camera frame: the pixels `where` (H, W) at their depth."""
    rows, columns = np.nonzero(where)
    pixels = torch.from_numpy(np.stack([columns, rows], axis=-1).astype(np.float64))
    return camera.unproject(pixels, torch.from_numpy(depth[where].astype(np.float64))).numpy()
