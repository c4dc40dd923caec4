"""Matches along the epipolar lines of placed photos.

What has its like in a photo matches nothing clearly: the next best is as good. Where the cameras are known
the like mostly lies on another line, so that both are found, and become points of their own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import SettleOptions
from objpose.cameras.placing.settle import with_points
from objpose.cameras.repeats.options import RepeatsOptions
from objpose.cameras.scene.placement import Grown, Placement
from objpose.cameras.scene.relative import epipolar_error_table, relative_pose
from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.matches import SAME_PLACE_PX
from objpose.features.local.places import Pair

NEVER = 9.0  # more than the squared distance of any two unit vectors


def with_guided_points(
    problem: CameraProblem, grown: Grown, options: RepeatsOptions, settling: SettleOptions
) -> Placement:
    """The same cameras with the points of guided matches."""
    cams, views = grown.placement.cams_from_world, problem.views
    matches = {
        (a, b): guided_matches(
            views[a], views[b], relative_pose(cams, a, b), problem.tolerance(a, b), options
        )
        for a, b in _partners(grown, options.partners)
        if len(views[a].described) and len(views[b].described)
    }
    return with_points(replace(problem, matches=matches), cams, settling)


def _partners(grown: Grown, most: int) -> list[Pair]:
    """The pairs that are among the strongest of one of their photos."""
    order = sorted(grown.pair_evidence, key=lambda pair: -grown.pair_evidence[pair])
    photos = grown.placement.cams_from_world
    partners = [[pair for pair in order if photo in pair][:most] for photo in photos]
    return sorted({pair for pairs in partners for pair in pairs})


def guided_matches(
    view_a: View, view_b: View, b_from_a: np.ndarray, tolerance: float, options: RepeatsOptions
) -> Matches:
    """Mutual nearest neighbours among the keypoints within a tolerance of each other's lines."""
    a, b = view_a.described, view_b.described
    off = 2.0 - 2.0 * view_a.features.descriptors[0, a] @ view_b.features.descriptors[0, b].T
    off[epipolar_error_table(b_from_a, view_a.rays[a], view_b.rays[b]) >= tolerance] = NEVER
    typical = 0.5 * (view_a.typical_distance + view_b.typical_distance)
    partner = off.argmin(1)
    here = np.arange(len(a))
    near = off[here, partner] < (options.line_alike * typical) ** 2
    here = here[near & (off.argmin(0)[partner] == here)]
    there = partner[here]
    next_best = np.minimum(
        _next_best(off[here], there, view_b.features.keypoints[b]),
        _next_best(off.T[there], here, view_a.features.keypoints[a]),
    )
    ratios = np.sqrt(off[here, there].clip(min=0.0) / next_best)
    order = np.argsort(ratios, kind="stable")
    order = order[ratios[order] < options.line_ratio]
    return Matches(np.stack([a[here], b[there]], axis=1)[order], ratios[order])


def _next_best(off: np.ndarray, partner: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(M,) least squared distance (M, N) to a keypoint in another place than the partner (M,)."""
    apart = np.hypot(*(pixels - pixels[partner][:, None]).transpose(2, 0, 1)) > SAME_PLACE_PX
    return np.where(apart, off, NEVER).min(1, initial=NEVER).clip(min=1e-12)
