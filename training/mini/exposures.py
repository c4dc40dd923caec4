"""Photos of drawn things, made on a device: lit, among others, with faults, cropped as the package crops.

    stock = make_stock(64, seed=0, device=torch.device("cuda"), processes=12)
    cam_from_obj, K = framed(stock, which, rotations, away, span, FRAME)    # host tensors, (B, ...)
    photos = photographed(draw_views(stock, which, cam_from_obj, K, FRAME), torch.Generator("cuda"))

A batch should hold many things: they stand before and behind each other.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.nn import functional

from objpose.objects.template_views import ViewOptions
from objpose.objects.templates import BACKGROUND
from training.mini.clutter import among_others, boxes
from training.mini.faults import developed, rough_masks
from training.mini.lamps import lit
from training.mini.stock import Views

FRAME = 160  # pixels of the picture that a photo is cut from
SIZE = 160  # pixels of a crop
FILL = ViewOptions().fill


class Photos(NamedTuple):
    """B crops about rough masks."""

    image: Tensor  # (B, 3, S, S) in [0, 1], with all around the thing
    mask: Tensor  # (B, S, S) bool, as a segmenter gives it
    visible: Tensor  # (B, S, S) bool, where the thing is seen
    points: Tensor  # (B, 3, S, S) of its surface, object frame, metres; 0 where it is not seen
    window: Tensor  # (B, 3) column and row in the frame of the crop's pixel (0, 0), and frame pixels a pixel

    @property
    def masked(self) -> Tensor:
        """(B, 3, S, S) as features are given them."""
        return on_background(self.image, self.mask)


def on_background(images: Tensor, masks: Tensor) -> Tensor:
    """Pictures (B, 3, S, S) in 8 bits on what is not the thing's, masks (B, S, S)."""
    return torch.where(masks[:, None], (255 * images.clamp(0, 1)).round() / 255, BACKGROUND)


def photographed(views: Views, generator: Generator) -> Photos:
    """views: of things among other things, of frames; generator: on their device."""
    scene = among_others(lit(views, generator), views, generator)
    image, mask = developed(scene.light, generator), rough_masks(scene, generator)
    window = _window(mask)
    seen = torch.cat([views.points * scene.visible[:, None], scene.visible[:, None].float()], dim=1)
    picked = cut(seen, window, "nearest")
    return Photos(
        cut(image, window, "bilinear"),
        cut(mask[:, None].float(), window, "bilinear")[:, 0] > 0.5,
        picked[:, 3] > 0.5,
        picked[:, :3],
        window,
    )


def _window(masks: Tensor) -> Tensor:
    """Where the longer side of the mask's box spans the share of a crop that it does of a template."""
    low, high = boxes(masks)
    scale = ((high - low).amax(1, keepdim=True) + 1) / (FILL * SIZE)
    return torch.cat([(low + high) / 2 - scale * (SIZE - 1) / 2, scale], dim=1)


def cut(images: Tensor, window: Tensor, mode: str) -> Tensor:
    """(B, C, SIZE, SIZE) windows (B, 3) of images (B, C, H, W), 0 beyond them."""
    pixel = torch.arange(SIZE, device=images.device)
    along = (window[:, :2, None] + window[:, 2:, None] * pixel + 0.5) * 2 / images.shape[-1] - 1
    grid = torch.stack(
        [along[:, 0, None].expand(-1, SIZE, -1), along[:, 1, :, None].expand(-1, -1, SIZE)], dim=-1
    )
    return functional.grid_sample(images, grid, mode=mode, align_corners=False)
