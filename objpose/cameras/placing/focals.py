"""Focal lengths that nobody told: those of most evidence that a placement leads to.

Under a wrong focal length cameras bend, and the matches that fit them so are the ones that they are adjusted
to: adjustment from one start confirms itself. So it starts from several. That photos have one focal length
in common is an assumption, too, which bends cameras by as much where each has its own; it is given up where
what the own ones explain is worth them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import PlacingOptions, SettleOptions
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown, Placement
from objpose.cameras.scene.views import View

Found = tuple[CameraProblem, Grown]


def refocus(problem: CameraProblem, placement: Placement, options: PlacingOptions) -> Found:
    """The problem under the focal lengths that a placement leads to, of the views not placed as well, and
    the placement adjusted to them.

    Its `focal_groups` are those of the problem, or have every view for itself.
    """
    settling, focal = options.settle, options.focals
    starts = [_from_start(problem, placement, ratio, settling) for ratio in focal.starts]
    best, start = max(starts, key=lambda found: found[1].evidence)
    shared = _adjusted(best, start.placement, problem.focal_groups, settling)
    alone = {index: index for index in problem.focal_groups}
    own = _adjusted(shared[0], shared[1].placement, alone, settling)
    more = _count(own) - _count(shared)
    return own if own[1].evidence > shared[1].evidence + focal.own_nats * more else shared


def _from_start(problem: CameraProblem, placement: Placement, ratio: float, options: SettleOptions) -> Found:
    """From focal lengths larger by a ratio, to which the cameras are adjusted before these are refined."""
    groups, cams = problem.focal_groups, placement.cams_from_world
    other = problem.refocused({index: ratio * problem.views[index].focal for index in groups})
    bent = settle(other, cams, options, is_quick=True)
    return _adjusted(other, bent, groups, options, is_quick=True)


def _adjusted(
    problem: CameraProblem,
    placement: Placement,
    groups: dict[int, int],
    options: SettleOptions,
    is_quick: bool = False,
) -> Found:
    """With focal lengths that the views of a group share."""
    cams = placement.cams_from_world
    placed = {index: group for index, group in groups.items() if index in cams}
    settled = settle(problem, cams, options, focal_groups=placed, is_quick=is_quick)
    focals = _of_all(problem.views, problem.focal_groups, settled.focals)
    found = replace(problem.refocused(focals), focal_groups=groups)
    return found, weigh_placement(found, settled)


def _of_all(
    views: Sequence[View], groups: Mapping[int, int], focals: Mapping[int, float]
) -> dict[int, float]:
    """With those of the other views of each group: the middle one, in units of the longer side."""
    ratio = {index: focal / _side(views[index]) for index, focal in focals.items()}
    told = dict(focals)
    for index, group in groups.items():
        alike = [ratio[other] for other in ratio if groups[other] == group]
        if index not in told and alike:
            told[index] = float(np.median(alike)) * _side(views[index])
    return told


def _side(view: View) -> int:
    return max(view.width, view.height)


def _count(found: Found) -> int:
    """Focal lengths that the placed views of unknown ones have."""
    placed = found[1].placement.cams_from_world
    return len({group for index, group in found[0].focal_groups.items() if index in placed})
