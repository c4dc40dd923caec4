"""A posed photo of a scene as it is fitted: small, with its mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import Camera


@dataclass(frozen=True, eq=False)
class SceneView:
    """rgb: (H, W, 3) float32 in [0, 1]; mask: (H, W) bool, what is to be shown, None for all of it."""

    rgb: Tensor
    mask: Tensor | None
    camera: Camera

    @staticmethod
    def of(image: np.ndarray, camera: Camera, mask: np.ndarray | None, longest: int) -> SceneView:
        """Of a photo (H, W, 3) uint8, at most `longest` pixels wide and high: colours averaged."""
        whole = SceneView(
            torch.from_numpy(np.array(image)).float() / 255,
            None if mask is None else torch.from_numpy(np.array(mask)).bool(),
            Camera(camera.K, camera.width, camera.height),
        )
        return whole.smaller(longest)

    def smaller(self, longest: int) -> SceneView:
        """The view at most `longest` pixels wide and high."""
        share = longest / max(self.camera.width, self.camera.height)
        if share >= 1:
            return self
        width, height = (max(1, round(share * side)) for side in (self.camera.width, self.camera.height))
        rgb = _averaged(self.rgb.permute(2, 0, 1), height, width).permute(1, 2, 0).contiguous()
        mask = None if self.mask is None else _averaged(self.mask.float()[None], height, width)[0] > 0.5
        return SceneView(rgb, mask, self.camera.resize(width, height))

    @property
    def shown(self) -> Tensor:
        """(H, W) bool: the mask, everything without one."""
        return torch.ones(self.rgb.shape[:2], dtype=torch.bool) if self.mask is None else self.mask


def _averaged(planes: Tensor, height: int, width: int) -> Tensor:
    return functional.interpolate(planes[None], size=(height, width), mode="area")[0]
