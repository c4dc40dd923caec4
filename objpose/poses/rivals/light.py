"""Light as evidence: how bright a surface is goes by which way it faces, and wrong poses face other ways.

What prints say is compared where drawings differ in paint; a plain bowl upside down differs in none. But one
light shines on all of it: far lamps and a bright room give a matt surface a brightness that changes linearly
with its normal but for little (Basri and Jacobs: Lambertian Reflectance and Linear Subspaces, PAMI 2003). So
such a light is fitted to each drawing, its logarithm linear in the normal, and what it leaves unexplained is
compared. Prints that lie wrong are left unexplained too.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from objpose.geometry import upload
from objpose.poses.rivals.correlation import effective
from objpose.poses.rivals.exposure import linear
from objpose.poses.rivals.window import Window

DARKEST = 0.01  # linear: what is added before logarithms
OUTLIER = 0.5  # log units over the channels: cast shadows, gloss, dirt
LEFT = 0.02  # squared log units, bounded: what the truth leaves too, as light is no plain function of normals
STEPS = 4  # of fitting
EVERY = 2  # pixels: light changes slowly, and so it is told in fewer
FLAT = 1e-3  # of a pixel's weight: keeps the fit finite where all normals are alike


def light_nats(color: Tensor, normals: Tensor, window: Window) -> Tensor:
    """(B,) nats of drawings by what one light leaves unexplained of each.

    color: (B, S, S, 3) sRGB in [0, 1]; normals: (B, S, S, 3) unit.
    """
    left, count = unexplained(color, normals, window)
    return -0.5 * count * effective(count) * (left + LEFT).log()


def unexplained(color: Tensor, normals: Tensor, window: Window) -> tuple[Tensor, Tensor]:
    """(B,) mean squares in log units, each at most OUTLIER squared; and (B,) of how many pixels."""
    color, normals = (image[:, window.rows, window.columns] for image in (color, normals))
    seen = upload(_log(window.seen[::EVERY, ::EVERY]), color.device)
    gain = (seen - _log(color[:, ::EVERY, ::EVERY])).flatten(1, 2)
    facing = pad(normals[:, ::EVERY, ::EVERY], (1, 0), value=1.0).flatten(1, 2)
    weight = window.weight[:, ::EVERY, ::EVERY].flatten(1)
    count = weight.sum(1)
    ridge = torch.diag_embed(FLAT * (count + 1)[:, None].expand(-1, facing.shape[-1]))
    share = torch.ones_like(weight)
    for _ in range(STEPS):
        weighted = (facing * (weight * share.square())[..., None]).mT
        light, _ = torch.linalg.solve_ex(weighted @ facing + ridge, weighted @ gain)
        squared = (gain - facing @ light).square().sum(-1)
        share = 1 / (1 + squared / OUTLIER**2)
    return (weight * squared * share).sum(1) / count.clamp_min(1.0), EVERY**2 * count


def _log(srgb: Tensor) -> Tensor:
    """Of linear light."""
    return (linear(srgb) + DARKEST).log()
