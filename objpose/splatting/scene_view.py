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
        """Of a photo (H, W, 3) uint8, at most `longest` pixels wide and high: colours averaged.

        What a lens has bent is straightened; what it did not see is not shown.
        """
        rgb = torch.from_numpy(np.array(image)).float() / 255
        shown = None if mask is None else torch.from_numpy(np.array(mask)).bool()
        if camera.lens is not None:
            rgb, shown = _straightened(rgb, shown, camera)
        return SceneView(rgb, shown, camera.pinhole).smaller(longest)

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


def _straightened(rgb: Tensor, mask: Tensor | None, camera: Camera) -> tuple[Tensor, Tensor]:
    """Colour (H, W, 3) and mask (H, W) as a pinhole of the camera's K sees them."""
    size = torch.tensor([camera.width, camera.height])
    grid = ((2 * camera.project(camera.pinhole.rays()) + 1) / size - 1).nan_to_num(-9.0)
    shown = torch.ones(rgb.shape[:2]) if mask is None else mask.float()
    planes = torch.cat([rgb, shown[..., None]], dim=-1).permute(2, 0, 1)
    straight = functional.grid_sample(planes[None], grid[None], align_corners=False)[0].permute(1, 2, 0)
    return straight[..., :3].contiguous(), straight[..., 3] > 0.5


def _averaged(planes: Tensor, height: int, width: int) -> Tensor:
    return functional.interpolate(planes[None], size=(height, width), mode="area")[0]
