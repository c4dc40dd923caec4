"""What right matches between photos and templates are, and losses for descriptors and codes that tell them.

A match is as right as the places it joins are near on the surface, so that parts which repeat closely are not
punished for looking alike; places that a symmetry carries onto each other are one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from training.mini.batches import VIEWS, Batch, Pictures

ASKED, LISTED = (
    48,
    96,
)  # cells of a photo that are matched, and cells of a template that they are matched with
SHARP = 0.025  # of the diameter: how near a match is as good as exact
RIGHT, WRONG = 0.07, 0.1  # of the diameter: what matches within and beyond
NEAR, FAR = 45.0, 75.0  # degrees between views that show places alike, and those that do not
LIKE = 15.0  # degrees between views whose codes are alike
ACROSS = 0.5  # of the loss: among all templates of a thing
CODES = 0.5  # of the loss: of the codes
NONE = 1e4  # in place of infinity, which half precision and gradients do not bear


class Cells(NamedTuple):
    """Some of each picture of G things, V pictures each."""

    index: Tensor  # (G, V, K)
    usable: Tensor  # (G, V, K) bool
    points: Tensor  # (G, V, K, 3) diameters


def listed_cells(pictures: Pictures, wanted: Tensor, count: int, generator: Generator) -> Cells:
    """At most `count` of the wanted (G, V, C) cells, at random."""
    order = torch.rand(wanted.shape, generator=generator, device=wanted.device) + wanted
    value, index = order.topk(count, dim=-1, sorted=False)
    points = pictures.points.gather(2, index[..., None].expand(-1, -1, -1, 3))
    return Cells(index, value > 1, points)


def taken(maps: Tensor, cells: Cells) -> Tensor:
    """(G, V, K, D) descriptors of cells, of maps (G * V, D, h, w)."""
    flat = maps.flatten(2).mT.unflatten(0, cells.index.shape[:2])
    return flat.gather(2, cells.index[..., None].expand(-1, -1, -1, flat.shape[-1]))


def angles_between(batch: Batch) -> Tensor:
    """(G, V, V) degrees between photos' rotations and templates', symmetries counted."""
    photos, templates = batch.photos.rotations, batch.templates.rotations
    turned = photos[:, :, None] @ batch.equals[:, None]  # (G, V, 4, 3, 3)
    traces = torch.einsum("gpeij,gtij->gpte", turned, templates).amax(-1)
    axes = torch.einsum("gpi,gti->gpt", photos[..., 2], templates[..., 2])
    cosine = torch.where(batch.round[:, None, None], axes, (traces - 1) / 2)
    return torch.rad2deg(cosine.clamp(-1, 1).acos())


def distances(batch: Batch, asked: Tensor, listed: Tensor) -> Tensor:
    """(G, P, L) in diameters between points asked (G, P, 3) and listed (G, L, 3), symmetries counted."""
    is_round = batch.round[:, None, None]
    asked, listed = (torch.where(is_round, _unrolled(points), points) for points in (asked, listed))
    product = torch.stack([asked @ (equal @ listed.mT) for equal in batch.equals.unbind(1)]).amax(0)
    squared = asked.square().sum(-1)[..., None] + listed.square().sum(-1)[:, None] - 2 * product
    return squared.clamp_min(0).sqrt()


def _unrolled(points: Tensor) -> Tensor:
    """(*, 3) of what is the same all round z: distance from the axis, 0, height."""
    radius = points[..., :2].norm(dim=-1)
    return torch.stack([radius, torch.zeros_like(radius), points[..., 2]], dim=-1)


def match_loss(
    batch: Batch, photos: Tensor, templates: Tensor, sharpness: Tensor, generator: Generator
) -> Tensor:
    """() cross entropy of matches, by maps (G * V, D, h, w) of unit descriptors; see the module.

    Near views: which cell of a template it is. All views of a thing: that it is one that shows the place so.
    """
    asked = listed_cells(batch.photos, batch.photos.owned & batch.photos.shown, ASKED, generator)
    listed = listed_cells(batch.templates, batch.templates.owned, LISTED, generator)
    values = taken(photos, asked).flatten(1, 2), taken(templates, listed).flatten(1, 2)
    logits = sharpness * (values[0] @ values[1].mT).float()
    apart = distances(batch, asked.points.flatten(1, 2), listed.points.flatten(1, 2))
    shape = (len(apart), VIEWS, ASKED, VIEWS, LISTED)
    logits, apart = logits.view(shape), apart.view(shape)
    is_listed = listed.usable[:, None, None]
    angle = angles_between(batch)[:, :, None, :, None]
    weight = (-0.5 * (apart / SHARP).square()).exp() * (apart < RIGHT) * is_listed
    rival = is_listed & ((apart > WRONG) | (weight > 0))
    within = _within(logits, weight, rival)
    has_place = (weight.sum(-1) > 0.3) & (angle[..., 0] < NEAR) & asked.usable[..., None]
    near = mean_of(within, has_place)
    return near + ACROSS * _across(logits, weight, rival, angle, asked.usable)


def _within(logits: Tensor, weight: Tensor, rival: Tensor) -> Tensor:
    """(G, V, K, V) cross entropy with the weights' shares (G, V, K, V, L)."""
    total = logits.masked_fill(~rival, -NONE).logsumexp(-1)
    share = weight / weight.sum(-1, keepdim=True).clamp_min(1e-6)
    return total - (share * logits).sum(-1)


def _across(logits: Tensor, weight: Tensor, rival: Tensor, angle: Tensor, usable: Tensor) -> Tensor:
    """() of the right matches' share among those of all templates, where some near one shows the place."""
    is_near = angle < NEAR
    right = (weight > 0) & is_near
    # The same place seen from elsewhere is neither right nor wrong, unless from quite elsewhere.
    counted = right | (rival & ((weight == 0) | (angle > FAR)))
    best = (logits + weight.clamp_min(1e-6).log()).masked_fill(~right, -NONE).flatten(3).logsumexp(-1)
    total = logits.masked_fill(~counted, -NONE).flatten(3).logsumexp(-1)
    has_place = right.flatten(3).any(-1) & usable
    return mean_of((total - best).clamp(min=0, max=NONE), has_place)


def code_loss(batch: Batch, photos: Tensor, templates: Tensor, sharpness: Tensor) -> Tensor:
    """() cross entropy of which templates a photo is turned as, by unit codes (G * V, D)."""
    photos, templates = (codes.unflatten(0, (-1, VIEWS)) for codes in (photos, templates))
    share = (-0.5 * (angles_between(batch) / LIKE).square()).exp()
    share = share / share.sum(-1, keepdim=True).clamp_min(1e-6)
    return -(share * (sharpness * photos @ templates.mT).log_softmax(-1)).sum(-1).mean()


def mean_of(values: Tensor, chosen: Tensor) -> Tensor:
    """() mean of those that are chosen; the others may be anything finite."""
    return (values * chosen).sum() / chosen.sum().clamp_min(1)


def right_share(batch: Batch, photos: Tensor, templates: Tensor) -> Tensor:
    """() of matches with near templates, of cells that these show, by maps (G * V, D, h, w) of descriptors.

    Each cell of every other photo is asked.
    """
    angle = angles_between(batch)
    share = torch.stack([_right(batch, view, photos, templates, angle) for view in range(0, VIEWS, 2)])
    return share[..., 0].sum() / share[..., 1].sum()


def _right(batch: Batch, view: int, photos: Tensor, templates: Tensor, angle: Tensor) -> Tensor:
    """(G, 2) right matches of one photo of each thing, and matches."""
    maps = photos.flatten(2).mT.unflatten(0, (-1, VIEWS))[:, view]
    others = templates.flatten(2).mT.unflatten(0, (-1, VIEWS)).flatten(1, 2)
    likeness = -torch.cdist(maps.float(), others.float()).unflatten(-1, (VIEWS, -1))
    apart = distances(batch, batch.photos.points[:, view], batch.templates.points.flatten(1, 2))
    apart = apart.unflatten(-1, (VIEWS, -1)).masked_fill(~batch.templates.owned[:, None], math.inf)
    chosen = likeness.masked_fill(~batch.templates.owned[:, None], -math.inf).argmax(-1, keepdim=True)
    is_asked = (batch.photos.owned & batch.photos.shown)[:, view, :, None] & (angle[:, view, None] < NEAR)
    is_asked = is_asked & (apart.amin(-1) < RIGHT)
    is_right = apart.gather(-1, chosen)[..., 0] < RIGHT
    return torch.stack([(is_right & is_asked).sum((1, 2)), is_asked.sum((1, 2))], dim=-1)
