"""The discriminator: how much better a geometry explains the matches than chance does.

Putative matches of one ambiguity (one bin of ratios) are a mixture: a share of them is right and obeys the
geometry, the rest obeys it as often as a random pair of keypoints would. The evidence is the log-likelihood
ratio, in nats, of the most likely share against none, summed over the bins. It is the graded form of the
a-contrario test of Moisan & Stival (IJCV 2004): no count of inliers is "enough" by itself, it must exceed
what chance gives these very photos.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from objpose.cameras.scene.relative import epipolar_error_table
from objpose.cameras.scene.views import View

# Ratios below the first are the least ambiguous. What lies above the last counts nothing: such matches join
# regions that are alike, column to column, and agree with wrong geometries more often than random pairs do.
RATIO_BORDERS = np.array([0.7, 0.8, 0.85, 0.9, 0.95])
SAMPLED_KEYPOINTS = 200
# Matches in one patch of a photo (a twelfth of its longer side) are not independent: a logo printed twice on
# one box makes dozens that agree with each other and with a wrong pose. Together they count as some three.
PATCHES, PATCH_NATS = 12, 15.0
# Right matches scatter about the geometry by a quarter of the tolerance, this share of them evenly up to it.
# PEAK makes their density, relative to that of random matches within the tolerance, integrate to one.
NOISE, BROAD = 0.25, 0.2
PEAK = 2.0 / (NOISE * np.sqrt(2.0 * np.pi))


def evidence(
    ratios: np.ndarray, misfit: np.ndarray, chance: np.ndarray, patches: Sequence[np.ndarray]
) -> float:
    """Nats in favour of a geometry.

    ratios: (M,) of the matches; misfit: (M,) their distance from the geometry in tolerances, inf where it
    does not explain them at all; chance: (M,) the probability that a random match in their place would have
    misfit below 1; patches: for each photo (M,) the patch that the match's keypoint lies in.
    """
    nats = np.zeros(len(ratios))
    agrees = misfit < 1.0
    gain = BROAD + (1.0 - BROAD) * PEAK * np.exp(-0.5 * (misfit / NOISE) ** 2)
    bins = np.searchsorted(RATIO_BORDERS, ratios)
    for index in range(len(RATIO_BORDERS)):
        inside = bins == index
        if not inside.any():
            continue
        p = chance[inside].clip(1e-5, 0.999)
        share = (agrees[inside].mean() - p.mean()) / (1.0 - p.mean())
        if share <= 0.0:
            continue
        share = min(share, 0.99)
        nats[inside] = np.log(1.0 - share + np.where(agrees[inside], share * gain[inside] / p, 0.0))
    return min((_by_patch(nats, patch) for patch in patches), default=0.0)


def _by_patch(nats: np.ndarray, patch: np.ndarray) -> float:
    """The sum over matches, with what speaks for the geometry in one patch bounded."""
    if not len(nats):
        return 0.0
    speaks_for = np.bincount(patch, weights=nats.clip(min=0.0))
    return float((PATCH_NATS * -np.expm1(-speaks_for / PATCH_NATS)).sum() + nats.clip(max=0.0).sum())


def patches_of(view: View, keypoints: np.ndarray) -> np.ndarray:
    """(M,) number of the patch of the photo that each of these keypoints (M,) lies in."""
    size = max(view.width, view.height) / PATCHES
    columns, rows = (view.features.keypoints[keypoints] / size).clip(min=0).astype(np.int64).T
    return rows * PATCHES + columns.clip(max=PATCHES - 1)


def epipolar_chance(b_from_a: np.ndarray, rays_a: np.ndarray, view_b: View, tolerance: float) -> np.ndarray:
    """(M,) share of the keypoints of photo b that would obey the epipolar geometry as partners of rays (M,
    2).

    Counted on the photo's own keypoints, as they gather where the texture is.
    """
    rays_b = sampled_rays(view_b)
    obeys = epipolar_error_table(b_from_a, rays_a, rays_b) < tolerance
    return (obeys.sum(1) + 0.5) / (len(rays_b) + 1.0)


def point_chance(predicted_b: np.ndarray, view_b: View, tolerance: float) -> np.ndarray:
    """(M,) the same where the geometry predicts the very place (M, 2) in photo b, at depth one.

    The density of keypoints around it is that of the sampled ones in a disc of ten times the radius.
    """
    rays_b = sampled_rays(view_b)
    across, down = (predicted_b[:, axis, None] - rays_b[:, axis] for axis in (0, 1))
    near = across * across + down * down < (10.0 * tolerance) ** 2
    return (near.sum(1) + 0.5) / (len(rays_b) + 1.0) / 100.0


def sampled_rays(view: View) -> np.ndarray:
    """(S, 2) rays of evenly chosen keypoints: enough of them to count with."""
    count = len(view.rays)
    return view.rays[np.linspace(0, count - 1, min(count, SAMPLED_KEYPOINTS)).astype(np.int64)]
