"""What the network of rivals sees: the crop, the drawing of each rival, and where drawings differ."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 128  # pixels of the crop that the network sees
CHANNELS = 16
GAMMA = 2.2  # of pictures, near enough
LARGEST_GAIN = 2.1  # log units, of the light over a drawing's own
LARGEST_CAST = 0.25  # the same, by which the gain of a channel may differ from that of all
FLAT = 0.5  # diameters of relief that the channel of depth spans


class Seen(NamedTuple):
    """P crops of SIDE pixels."""

    rgb: Tensor  # (P, 3, S, S) in [0, 1]
    mask: Tensor  # (P, S, S) float, 0 or 1
    unsure: Tensor  # (P, S, S) float: pixels that may hide a part of the object, see `Crop`
    native: int  # pixels of the crops' side as the camera saw them, SIDE at most


class Drawn(NamedTuple):
    """K rivals in each of P crops."""

    depth: Tensor  # (P, K, S, S) in diameters from the object's centre: nearer is negative; any where empty
    shown: Tensor  # (P, K, S, S) float, 0 or 1
    normals: Tensor  # (P, K, 3, S, S)
    color: Tensor  # (P, K, 3, S, S) in [0, 1], as the mesh has it


def pictures(seen: Seen, drawn: Drawn) -> Tensor:
    """(P, K, CHANNELS, S, S) for the network."""
    shown = drawn.shown
    color = _as_sharp(_exposed(seen, drawn), seen.native) * shown[:, :, None]
    spread = (color - color.mean(1, keepdim=True)).abs().amax((1, 2))
    apart = 2 * torch.minimum(shown.mean(1), 1 - shown.mean(1))
    of_all = torch.stack([seen.mask, seen.unsure, spread, apart], 1)
    shared = torch.cat([seen.rgb, of_all], 1)[:, None].expand(-1, shown.shape[1], -1, -1, -1)
    relief = (drawn.depth / FLAT).clamp(-1, 1) * shown
    off = (color - seen.rgb[:, None]).abs().mean(2) * shown * seen.mask[:, None]
    own = [color, drawn.normals, torch.stack([shown, relief, off], 2)]
    return torch.cat([shared, *own], 2)


def _exposed(seen: Seen, drawn: Drawn) -> Tensor:
    """Colours in the light of the crop, of one colour for all rivals: linear gains that differ little."""
    linear, light = drawn.color.pow(GAMMA), seen.rgb.pow(GAMMA)
    weight = (drawn.shown * seen.mask[:, None])[:, :, None]
    bright, own = ((weight * x).sum((1, 3, 4)) for x in (light[:, None], linear))  # (P, 3)
    gain = (bright.sum(1, keepdim=True) / own.sum(1, keepdim=True).clamp_min(1e-3)).log()
    cast = (bright.clamp_min(1e-3) / own.clamp_min(1e-3)).log() - gain
    gain = (gain + cast.clamp(-LARGEST_CAST, LARGEST_CAST)).clamp(-LARGEST_GAIN, LARGEST_GAIN).exp()
    return (linear * gain[:, None, :, None, None]).clamp(1e-4, 1.0).pow(1 / GAMMA)


def _as_sharp(images: Tensor, native: int) -> Tensor:
    """Images (P, K, 3, S, S) as if a camera had seen them in `native` pixels a side."""
    if native >= images.shape[-1]:
        return images
    small = functional.interpolate(images.flatten(0, 1), size=(native, native), mode="area")
    return widened(small, images.shape[-1]).view(images.shape)


def widened(images: Tensor, side: int) -> Tensor:
    """(N, C, side, side) of images (N, C, s, s)."""
    return functional.interpolate(images, size=(side, side), mode="bilinear", align_corners=False)
