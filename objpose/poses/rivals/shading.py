"""Shade as evidence: what slant and openness explain of a photo's brightness against the drawn colours.

Of one paint, what faces the light is brighter, and what lies deep inside is darker. How much so, the light
decides, so that a linear fit of the logarithms is free to follow the pixels within what is usual.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant
from objpose.poses.rivals.exposure import SATURATED
from objpose.poses.rivals.pictures import GAMMA, Drawn, Seen

LUMINANCE = (0.3, 0.6, 0.1)
DARKEST = 0.02  # linear, added to either side: below it logarithms are noise
STEP = 2  # pixels of which one is looked at, along either side
CLOSED = 0.03  # openness is no less
# By constant, normal (camera axes: light comes from above and from the camera) and logarithm of openness.
USUAL, SPREAD = (0.0, 0.0, -0.15, -0.3, 0.6), (1.0, 0.3, 0.3, 0.3, 0.35)
NOISE, MOST = 0.2, 0.4  # logarithms: one sigma of what is left, and where it is no larger
TOGETHER = 60.0  # pixels that err alike
LEAST = 15  # of the pixels looked at


def shade_nats(seen: Seen, drawn: Drawn, openness: Tensor) -> Tensor:
    """(K,) nats for the rivals drawn in one crop (P = 1); openness: (K, S, S), see `openness`."""
    where = _shared(seen, drawn)
    missed = _missed(seen, drawn)
    normals = drawn.normals[0, :, :, ::STEP, ::STEP].flatten(2).mT  # (K, N, 3)
    deep = openness[:, ::STEP, ::STEP].flatten(1).clamp(CLOSED, 1.0).log()[..., None]
    known = torch.cat([torch.ones_like(deep), normals, deep], -1) * where[..., None]
    usual, spread = constant(USUAL, known), constant(SPREAD, known)
    left = missed - known @ usual
    middle = left.masked_fill(~where, torch.nan).nanmedian(1, keepdim=True).values
    left = (left - middle).clamp(-MOST, MOST) * where
    left = left.nan_to_num(0.0)
    # The evidence of a linear model whose coefficients are normal about the usual ones.
    precision = STEP**2 / (NOISE**2 * TOGETHER)
    normal = torch.diag(spread**-2) + precision * known.mT @ known
    slope = precision * (known.mT @ left[..., None])[..., 0]
    explained = (slope * torch.linalg.solve(normal, slope)).sum(-1)
    nats = -0.5 * (precision * left.square().sum(-1) - explained + torch.logdet(normal))
    # What shows too little of what the others show is no better than the worst of them.
    told = where.sum(1) >= LEAST
    return torch.where(told, nats, torch.where(told, nats, torch.inf).amin()).nan_to_num(0.0, 0.0, 0.0)


def _shared(seen: Seen, drawn: Drawn) -> Tensor:
    """(K, N) bool: pixels inside the mask and all drawings; those of its own where one lies elsewhere."""
    shown = -functional.max_pool2d(-drawn.shown[0][:, None], 3, 1, 1)[:, 0] > 0
    unspoilt = (seen.mask[0] > 0) & (seen.rgb[0].amax(0) < SATURATED)
    where = (shown & unspoilt)[:, ::STEP, ::STEP].flatten(1)
    count = where.sum(1, keepdim=True)
    return where & (where | (2 * count <= count.amax())).all(0)


def _missed(seen: Seen, drawn: Drawn) -> Tensor:
    """(K, N) logarithms, of the brightness seen over that drawn."""
    luminance = constant(LUMINANCE, seen.rgb)
    light = torch.einsum("chw,c->hw", seen.rgb[0].pow(GAMMA), luminance)
    light = functional.avg_pool2d(light[None, None], 3, 1, 1)[0, 0]
    own = torch.einsum("kchw,c->khw", drawn.color[0].pow(GAMMA), luminance)
    light, own = (image[..., ::STEP, ::STEP].flatten(-2) for image in (light, own))
    return (light + DARKEST).log() - (own + DARKEST).log()
