"""Photos of look-alikes drawn on a device, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry.devices import upload
from objpose.poses.rivals.pictures import SIDE, Seen
from training.drawn.draws import field, happens, normal, random_rotations, uniform
from training.rivals.faults import developed, rough, softened
from training.rivals.images import images_of
from training.rivals.layout import CANVAS, LAYERS, SPAN, Layout, Pool, affine, inside_cut, laid_out, sampled
from training.rivals.light import lit
from training.rivals.solids import Dressed

AWAY = 2.5, 9.0  # diameters
STRETCH = 0.008  # of each side: what meshes are off


class Photos(NamedTuple):
    """P crops, as many of each thing, one thing after the other."""

    seen: Seen
    visible: Tensor  # (P, S, S) float, the thing's own pixels
    rotation: Tensor  # (P, 3, 3)
    place: Tensor  # (P, 3) diameters
    focal: Tensor  # (P,) pixels of a crop of SIDE
    focals: list[float]  # the same for each thing, on the host


def draw_photos(
    things: Sequence[Dressed],
    each: int,
    native: int,
    pool: Pool,
    rng: torch.Generator,
    dice: np.random.Generator,
) -> Photos:
    """So many of each thing, in crops of `native` camera pixels. rng: on the device; dice: on the host."""
    device, count = pool.light.device, each * len(things)
    distances = dice.uniform(*AWAY, len(things)).tolist()
    focals = [SPAN * SIDE * distance for distance in distances]
    distance = upload(torch.tensor(distances), device).repeat_interleave(each, output_size=count)
    rotation = random_rotations(count, rng)
    layout = laid_out(things, rotation, distance, focals, pool, rng)
    stretched = rotation * (1 + STRETCH * normal((count, 1, 3), rng))
    own = images_of(things, stretched, layout.place, [2 * focal for focal in focals], CANVAS, smooth=True)
    outline = (own.depth > 0).float()[:, None]
    scene, visible, others = _composed(lit(own, rotation, rng), outline, layout, pool, rng)
    # Each slot once: of two photos for one slot, threads would decide.
    slot = upload(torch.from_numpy(dice.permutation(len(pool.light))[:count]), device)
    pool.light[slot], pool.alpha[slot] = scene[: len(slot)].half(), visible[: len(slot)].half()
    visible, others = (functional.avg_pool2d(image, 2)[:, 0] for image in (visible, others))
    inside = inside_cut(layout.cut, SIDE)
    rgb = developed(scene, native, rng) * inside[:, None]
    mask = rough(visible * inside, others, rng) * inside
    known = happens(0.5, (count, 1, 1), rng)
    unsure = torch.maximum(1 - inside, (others > 0.5) * known * (1 - mask))
    seen = Seen(rgb, mask, unsure, native)
    return Photos(seen, visible * inside, rotation, layout.place, SPAN * SIDE * distance, focals)


def _composed(
    light: Tensor, outline: Tensor, layout: Layout, pool: Pool, rng: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """(P, 3, h, w) the scene, (P, 1, h, w) what of the thing is visible, and what of others is."""
    scene = _background(len(light), pool, rng)
    near = functional.avg_pool2d(outline, 8)
    near = functional.avg_pool2d(near, 7, 1, 3)
    near = functional.interpolate(near, size=scene.shape[-2:], mode="bilinear")
    scene = scene * (
        1 - uniform(0, 0.6, (len(light), 1, 1, 1), rng) * near
    )  # what a thing keeps from the light
    pictures = sampled(pool.light[layout.chosen].float(), layout.theta, CANVAS)
    alphas = sampled(pool.alpha[layout.chosen].float(), layout.theta, CANVAS)
    visible, others = outline, torch.zeros_like(outline)
    scene_behind = scene
    for layer in range(LAYERS):
        alpha = alphas[:, layer] * (1 - layout.front[:, layer, None, None, None])
        scene_behind = scene_behind + alpha * (pictures[:, layer] - scene_behind)
        others = torch.maximum(others, alpha)
    scene = scene_behind + outline * (light - scene_behind)
    others = others * (1 - outline)
    for layer in range(LAYERS):
        alpha = alphas[:, layer] * layout.front[:, layer, None, None, None]
        scene = scene + alpha * (pictures[:, layer] - scene)
        visible = visible * (1 - alpha)
        others = torch.maximum(others, alpha)
    return scene, visible, others


def _background(count: int, pool: Pool, rng: torch.Generator) -> Tensor:
    """(P, 3, h, w): a plain wall or table under uneven light, or another photo, near or far, sharp or not."""
    plain = uniform(0.02, 0.9, (count, 3, 1, 1), rng)
    plain = torch.where(happens(0.6, (count, 1, 1, 1), rng) > 0, plain.mean(1, keepdim=True), plain)
    plain = plain * (0.4 * field(count, 2, CANVAS, rng)).exp()[:, None]
    chosen = torch.randint(len(pool.light), (count, 1), generator=rng, device=rng.device)
    theta = affine(count, rng)[:, :1] * uniform(0.15, 0.8, (count, 1, 1, 1), rng)
    picture = sampled(pool.light[chosen].float(), theta, CANVAS // 2)[:, 0]
    picture = functional.interpolate(picture, size=(CANVAS, CANVAS), mode="bilinear")
    share = happens(0.5, (count, 1, 1, 1), rng) * uniform(0.3, 1.0, (count, 1, 1, 1), rng)
    grain = uniform(0, 0.35, (count, 1, 1, 1), rng) * happens(0.5, (count, 1, 1, 1), rng)
    speckle = softened(normal((count, 1, CANVAS, CANVAS), rng)) * 3  # carpets, wood, stone
    return (plain + share * (picture - plain)) * (grain * speckle).exp()
