"""Light on drawn things: the sky as far as they see it, lamps, shadows, gloss."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import constant
from objpose.poses.rivals.pictures import GAMMA
from training.drawn.draws import field, happens, normal, uniform
from training.rivals.images import Images
from training.rivals.solids import suns


def lit(own: Images, rotation: Tensor, rng: torch.Generator) -> Tensor:
    """(P, 3, h, w) linear light from the surfaces: sky, lamps, shadows' edges, gloss, uneven shade."""
    count = len(own.depth)
    one = (count, 1, 1)
    ambient = uniform(0.15, 0.75, one, rng)
    up = functional.normalize(0.4 * normal((count, 3), rng) + constant((0.0, -1.0, -0.3), own.depth), dim=-1)
    toward_sky = torch.einsum("phwc,pc->phw", own.normals, up)
    at = suns(rotation.device) @ rotation.mT  # (P, SUNS, 3), camera frame
    facing = torch.einsum("phwc,psc->phws", own.normals, at).clamp_min(0)
    open_ = (facing * own.sunlit).sum(-1) / facing.sum(-1).clamp_min(1e-3)  # to the sky
    open_ = 1 - uniform(0.3, 1.0, one, rng) * (1 - open_.clamp(0.1, 1))
    light = ambient * open_ * (1 + uniform(0, 0.6, one, rng) * toward_sky)
    shine = torch.zeros_like(light)
    gloss = uniform(0, 0.6, one, rng) * happens(0.5, one, rng)
    sharp = uniform(0.7, 4.5, one, rng).exp()
    for _ in range(2):
        # One of the suns, mostly above and on the camera's side.
        wish = at @ constant((0.0, -0.6, -0.8), at) + 0.7 * normal(at.shape[:2], rng)
        sun = wish.argmax(1)
        lamp = at.gather(1, sun[:, None, None].expand(-1, 1, 3))[:, 0]
        reached = own.sunlit.gather(3, sun[:, None, None, None].expand(*own.depth.shape, 1))[..., 0]
        share = uniform(0, 1.0, one, rng) * _shadow(count, light.shape[-1], rng) * reached
        light = light + (1 - ambient) * share * torch.einsum("phwc,pc->phw", own.normals, lamp).clamp_min(0)
        half = functional.normalize(lamp - constant((0.0, 0.0, 1.0), own.depth), dim=-1)
        mirrored = torch.einsum("phwc,pc->phw", own.normals, half).clamp(0, 1)
        shine = shine + gloss * share * mirrored.pow(sharp)
    uneven = uniform(0, 0.3, one, rng) * field(count, 5, light.shape[-1], rng)
    albedo = own.color.permute(0, 3, 1, 2).clamp(0, 1)
    grey = albedo.mean(1, keepdim=True)
    albedo = (grey + uniform(0.45, 1.15, (count, 1, 1, 1), rng) * (albedo - grey)).clamp(0.01, 1)
    albedo = albedo.pow(GAMMA * uniform(-0.25, 0.25, (count, 1, 1, 1), rng).exp())
    cast = uniform(-0.15, 0.15, (count, 3, 1, 1), rng).exp()
    return (albedo * cast * light[:, None] + shine[:, None]) * uneven.exp()[:, None]


def _shadow(count: int, size: int, rng: torch.Generator) -> Tensor:
    """(P, size, size): a lamp taken away beyond a soft wandering border, in some."""
    shape = (count, 1, 1)
    side = field(count, 3, size, rng) * 1.5 + uniform(-1.5, 1.5, shape, rng)
    dark = torch.where(happens(0.4, shape, rng) > 0, uniform(0, 0.6, shape, rng), 1.0)
    return dark + (1 - dark) * (side * uniform(1.0, 4.0, shape, rng).exp()).sigmoid()
