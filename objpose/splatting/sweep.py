"""Depth of posed photos by plane sweep and semi-global matching."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from objpose.geometry import SE3, Camera, bilinear
from objpose.splatting.scene_view import SceneView

WINDOW = 7  # pixels of the patches that are compared
LEAST_CONTRAST = 1e-4  # variance of a patch: with less there is nothing to compare
UNSEEN_COST = 1.0  # of a patch that no other photo sees: as that of unrelated patches
STEP_PENALTY, JUMP_PENALTY = 0.06, 0.5  # for neighbours one plane apart, and further apart
EDGE = 0.06  # brightness difference that halves the jump's penalty


def sweep(
    view: SceneView, others: Sequence[SceneView], other_from_view: SE3, inverse_depths: Tensor
) -> Tensor:
    """(H, W) z-depth of a view, everywhere, from the patches of other views.

    Collins: A Space-Sweep Approach to True Multi-Image Matching, CVPR 1996, with normalised correlation of
    patches and the penalties of Hirschmueller (Stereo Processing by Semiglobal Matching, PAMI 2008) along
    rows and columns. Of the other views the better half counts, as the rest may not see the place. Without
    any it is the middle one of the depths.

    other_from_view: (N,). inverse_depths: (D,) rising, evenly spaced.
    """
    if not others:
        return torch.full(view.rgb.shape[:2], 1 / float(inverse_depths.median()))
    costs = torch.stack(
        [
            1 - _agreement(view, other, transform, inverse_depths)
            for other, transform in zip(others, other_from_view, strict=True)
        ]
    )
    cost = costs.sort(dim=0).values[: (len(others) + 1) // 2].mean(0)
    return 1 / lowest(semi_global(cost, _gray(view.rgb)), inverse_depths)


def _agreement(view: SceneView, other: SceneView, other_from_view: SE3, inverse_depths: Tensor) -> Tensor:
    """(D, H, W) in [-1, 1] of the patches around every pixel, were it at these inverse depths."""
    gray = _gray(other.rgb)[..., None]
    drawn, inside = warped(view.camera, other, other_from_view, inverse_depths, gray)
    return torch.where(inside, correlation(_gray(view.rgb)[None], drawn[..., 0]), 1 - UNSEEN_COST)


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """(D, H, W) in [-1, 1] of the patches around the pixels of two pictures (1 or D, H, W)."""
    mean_s, mean_d, ss, dd, sd = (
        _patch_mean(planes) for planes in (one, other, one * one, other * other, one * other)
    )
    variance_s, variance_d = (ss - mean_s**2).clamp_min(0), (dd - mean_d**2).clamp_min(0)
    return (sd - mean_s * mean_d) / (variance_s * variance_d + LEAST_CONTRAST**2).sqrt()


def warped(
    camera: Camera, other: SceneView, other_from_cam: SE3, inverse_depths: Tensor, picture: Tensor
) -> tuple[Tensor, Tensor]:
    """A picture (H', W', C) of the other view as a camera sees it at D inverse depths.

    inverse_depths: (D,), or (D, H, W) one for each pixel. Returns (D, H, W, C) and (D, H, W) bool, whether
    the other view shows the place.
    """
    K = other.camera.K.float()
    rays = other_from_cam.rotation.apply(camera.rays()) @ K.mT
    shift = K @ other_from_cam.translation
    if inverse_depths.dim() == 1:
        inverse_depths = inverse_depths[:, None, None]
    places = rays + inverse_depths[..., None] * shift
    size = torch.tensor([other.camera.width, other.camera.height])
    in_front = places[..., 2] > 1e-3
    pixels = places[..., :2] / torch.where(in_front, places[..., 2], 1.0)[..., None]
    within = ((pixels > -0.5) & (pixels < size - 0.5)).all(-1)
    planes = torch.cat([picture.permute(2, 0, 1), other.shown.float()[None]])[None]
    drawn = bilinear(planes, pixels[None], "border")[0]
    return drawn[:-1].movedim(0, -1), in_front & within & (drawn[-1] > 0.5)


def _gray(rgb: Tensor) -> Tensor:
    return rgb.mean(-1)


def _patch_mean(planes: Tensor) -> Tensor:
    """(D, H, W) means around every pixel; along rows, then columns."""
    half = WINDOW // 2
    mean = partial(functional.avg_pool2d, stride=1, count_include_pad=False)
    rows = mean(planes[:, None], (1, WINDOW), padding=(0, half))
    return mean(rows, (WINDOW, 1), padding=(half, 0))[:, 0]


def semi_global(cost: Tensor, gray: Tensor) -> Tensor:
    """(D, H, W) the costs summed over the cheapest paths from left, right, above and below."""
    total = torch.zeros_like(cost)
    for axis in (1, 2):
        for flip in (False, True):
            moved, picture = cost.movedim(axis, 0), gray.movedim(axis - 1, 0)
            if flip:
                moved, picture = moved.flip(0), picture.flip(0)
            paths = _along(moved.contiguous(), picture)
            total += (paths.flip(0) if flip else paths).movedim(0, axis)
    return total


def _along(cost: Tensor, gray: Tensor) -> Tensor:
    """(L, D, B) of the costs (L, D, B) of B lines of L pixels with brightness (L, B)."""
    jumps = JUMP_PENALTY / (1 + (gray[1:] - gray[:-1]).abs() / EDGE)
    jumps = jumps.clamp_min(STEP_PENALTY)
    paths = [cost[0]]
    for here, jump in zip(cost[1:], jumps, strict=True):
        last = paths[-1]
        last = last - last.amin(0)
        least = torch.minimum(last, jump)
        least[1:] = torch.minimum(least[1:], last[:-1] + STEP_PENALTY)
        least[:-1] = torch.minimum(least[:-1], last[1:] + STEP_PENALTY)
        paths.append(here + least)
    return torch.stack(paths)


def lowest(cost: Tensor, inverse_depths: Tensor) -> Tensor:
    """(H, W) inverse depth of the lowest cost (D, H, W), between the planes by a parabola."""
    best = cost.argmin(0).clamp(1, len(cost) - 2)[None]
    before, here, after = (cost.gather(0, best + offset)[0] for offset in (-1, 0, 1))
    bend = (before - 2 * here + after).clamp_min(1e-6)
    offset = (0.5 * (before - after) / bend).clamp(-0.5, 0.5)
    return inverse_depths[0] + (best[0] + offset) * (inverse_depths[1] - inverse_depths[0])
