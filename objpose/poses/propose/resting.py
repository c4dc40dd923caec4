"""Poses of an object that rests on a known ground: on each of its sides, turned all around.

Where the ground is known, three numbers of six are: what is left, a turn and a place on it, is searched. Each
turn is drawn once, and its silhouette moved over the mask; how large it is follows from where it stands, so
that an object of which most is hidden is found at its distance.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
from torch import Tensor

from objpose.crops import NEAR, Crop
from objpose.geometry import SE3, SO3, turn_onto
from objpose.objects import ObjectModel
from objpose.poses.distinct import best, best_distinct
from objpose.poses.judge import COVERED_COST, UNMASKED_COST, by_silhouette, judge
from objpose.poses.residuals.contact import Body, GroundPlane
from objpose.raster import render_mesh

TURNS = 18  # about the ground's normal
APART = 20.0  # degrees between sides that are tried: round bodies have dozens, and alignment does the rest
FEW, MORE = 20, 40  # pixels of the crop's side in which silhouettes are moved over the mask
SHORTLIST = 64, 48  # of the best there, that go on


def resting_poses(model: ObjectModel, crop: Crop, ground: GroundPlane, limit: int) -> SE3:
    """Poses (n,), n <= limit, best first, none of which are the same. All on the host, mesh frame."""
    body = Body.of(model)
    turns = _turns(body.sides, torch.from_numpy(ground.normal))
    middle = crop.mask.nonzero().double().mean(0).flip(0)  # column and row
    pixels = middle.expand(len(turns), 2)
    laid = partial(_laid, model, body, crop, ground)
    for size, kept in ((FEW, SHORTLIST[0]), (FEW, SHORTLIST[0]), (MORE, SHORTLIST[1])):
        pixels, score = laid(turns, pixels, size)
        order = best(score, kept)
        turns, pixels = turns[order], pixels[order]
    poses, _ = _standing(body, crop, ground, turns, pixels)
    score = judge(model.coarse_mesh, crop.smaller(MORE), by_silhouette, poses).score
    return poses[best_distinct(model, poses, score, limit)]


def _turns(sides: Tensor, up: Tensor) -> Tensor:
    """(N, 3, 3) rotations that put sides (F, 3), the largest first, on a ground; float64."""
    kept = np.zeros((0, 3))
    for side in sides.numpy():
        if not (kept @ side > math.cos(math.radians(APART))).any():
            kept = np.vstack([kept, side])
    about = torch.zeros(TURNS, 3, dtype=torch.float64)
    about[:, 2] = torch.arange(TURNS) * (2 * math.pi / TURNS)
    spins = turn_onto(up[None]).matrix() @ SO3.exp(about).matrix()
    upright = turn_onto(-torch.from_numpy(kept)).matrix().mT
    return (spins[None] @ upright[:, None]).reshape(-1, 3, 3)


def _standing(
    body: Body, crop: Crop, ground: GroundPlane, turns: Tensor, pixels: Tensor
) -> tuple[SE3, Tensor]:
    """Poses (N,) turned so, their middles seen at pixels (N, 2); (N,) bool, are they before the camera?"""
    middle = (body.corners.amin(0) + body.corners.amax(0)) / 2
    up = torch.from_numpy(ground.normal)
    lowest = ((body.corners - middle) @ turns.mT @ up).amin(1)
    rays = crop.camera.unproject(pixels, torch.ones(len(pixels), dtype=torch.float64))
    depth = (ground.height - lowest) / (rays @ up)
    before = (depth > NEAR) & depth.isfinite()
    places = rays * torch.where(before, depth, 1.0)[:, None] - turns @ middle
    return SE3.from_rotation_translation(SO3.from_matrix(turns), places).to(torch.float32), before


def _laid(
    model: ObjectModel,
    body: Body,
    crop: Crop,
    ground: GroundPlane,
    turns: Tensor,
    pixels: Tensor,
    size: int,
) -> tuple[Tensor, Tensor]:
    """(N, 2) pixels of the crop where silhouettes explain its mask best, from others, and (N,) how well."""
    small = crop.smaller(size)
    poses, before = _standing(body, crop, ground, turns, pixels)
    around, side = small.size // 2, 2 * small.size  # what lies beside the crop may be moved into it
    K = small.K.clone()
    K[:2, 2] += around
    drawn = render_mesh(model.coarse_mesh, poses, K, side, side, outputs=("depth",), near=NEAR).depth > 0
    score = _moved_scores(drawn.float(), small)
    found, where = score.flatten(1).max(1)
    row, column = where // score.shape[2], where % score.shape[2]
    shift = torch.stack([column, row], 1) - around
    return pixels + shift * (crop.size / small.size), torch.where(before, found, -1.0)


def _moved_scores(drawn: Tensor, crop: Crop) -> Tensor:
    """(N, S + 1, S + 1) silhouette scores of drawings (N, 2 S, 2 S) about a crop, moved by up to S / 2."""
    mask = crop.mask.float()
    beside = torch.where(crop.unsure, COVERED_COST, UNMASKED_COST) * (crop.inside & ~crop.mask)
    sides = (3 * crop.size, 3 * crop.size)  # beyond all shifts: none comes round
    seen = torch.fft.rfft2(torch.stack([mask, beside]), s=sides)
    shared, beyond = torch.fft.irfft2(torch.fft.rfft2(drawn, s=sides).conj() * seen[:, None], s=sides)
    first = -2 * (crop.size // 2)
    index = torch.arange(first, first + 2 * (crop.size // 2) + 1) % sides[0]
    return (shared / (mask.sum() + beyond))[:, index][:, :, index]
