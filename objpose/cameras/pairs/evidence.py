"""The discriminator: how much better a geometry explains the matches than chance does.

Putative matches of one ambiguity (one bin of ratios) are a mixture: a share of them is right and obeys the
geometry, the rest obeys it as often as a random pair of keypoints would. The evidence is the log-likelihood
ratio, in nats, of the most likely share against none, summed over the bins. Matches that are trusted less
are a mixture of their own, and count with a part of their nats. It is the graded form of the
a-contrario test of Moisan & Stival (IJCV 2004): no count of inliers is "enough" by itself, it must exceed
what chance gives these very photos.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.scene.relative import epipolar_error_table
from objpose.cameras.scene.views import View


def evidence(
    ratios: np.ndarray,
    misfit: np.ndarray,
    chance: np.ndarray,
    patches: Sequence[np.ndarray],
    options: EvidenceOptions,
    trusts: np.ndarray | None = None,
) -> float:
    """Nats in favour of a geometry.

    ratios: (M,) of the matches; misfit: (M,) their distance from the geometry in tolerances, inf where it
    does not explain them at all; chance: (M,) the probability that a random match in their place would have
    misfit below 1; patches: for each photo (M,) the patch that the match's keypoint lies in; trusts: (M,) as
    in Matches.
    """
    nats = np.zeros(len(ratios))
    agrees = misfit < 1.0
    gain = options.broad + (1.0 - options.broad) * options.peak * np.exp(-0.5 * (misfit / options.noise) ** 2)
    for inside, trust in _mixtures(ratios, trusts, options):
        p = chance[inside].clip(1e-5, 0.999)
        share = (agrees[inside].mean() - p.mean()) / (1.0 - p.mean())
        if share <= 0.0:
            continue
        share = min(share, 0.99)
        nats[inside] = trust * np.log(1.0 - share + np.where(agrees[inside], share * gain[inside] / p, 0.0))
    return min((_by_patch(nats, patch, options.patch_nats) for patch in patches), default=0.0)


def _mixtures(
    ratios: np.ndarray, trusts: np.ndarray | None, options: EvidenceOptions
) -> Iterator[tuple[np.ndarray, float]]:
    """Matches (M,) bool of one ambiguity and one trust, and that trust."""
    bins = np.searchsorted(options.ratio_borders, ratios)
    trusts = np.ones(len(ratios)) if trusts is None else trusts
    for trust in np.unique(trusts):
        for index in range(len(options.ratio_borders)):
            inside = (bins == index) & (trusts == trust)
            if inside.any():
                yield inside, float(trust)


def _by_patch(nats: np.ndarray, patch: np.ndarray, most: float) -> float:
    """The sum over matches, with what speaks for the geometry in one patch bounded."""
    if not len(nats):
        return 0.0
    speaks_for = np.bincount(patch, weights=nats.clip(min=0.0))
    return float((most * -np.expm1(-speaks_for / most)).sum() + nats.clip(max=0.0).sum())


def epipolar_chance(
    b_from_a: np.ndarray, rays_a: np.ndarray, view_b: View, tolerance: float, options: EvidenceOptions
) -> np.ndarray:
    """(M,) share of the keypoints of photo b that would obey the epipolar geometry as partners of rays (M,
    2).

    Counted on the photo's own keypoints, as they gather where the texture is.
    """
    rays_b = _sampled_rays(view_b, options.sampled_keypoints)
    obeys = epipolar_error_table(b_from_a, rays_a, rays_b) < tolerance
    return (obeys.sum(1) + 0.5) / (len(rays_b) + 1.0)


def point_chance(
    predicted_b: np.ndarray, view_b: View, tolerance: float, options: EvidenceOptions
) -> np.ndarray:
    """(M,) the same where the geometry predicts the very place (M, 2) in photo b, at depth one.

    The density of keypoints around it is that of the sampled ones in a disc of ten times the radius.
    """
    rays_b = _sampled_rays(view_b, options.sampled_keypoints)
    across, down = (predicted_b[:, axis, None] - rays_b[:, axis] for axis in (0, 1))
    near = across * across + down * down < (10.0 * tolerance) ** 2
    return (near.sum(1) + 0.5) / (len(rays_b) + 1.0) / 100.0


def _sampled_rays(view: View, most: int) -> np.ndarray:
    """(S, 2) rays of evenly chosen keypoints: enough of them to count with."""
    count = len(view.rays)
    return view.rays[np.linspace(0, count - 1, min(count, most)).astype(np.int64)]
