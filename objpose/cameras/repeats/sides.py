"""Photos that may stand on another side of what repeats itself.

Two equal cartons that stand the other way round to each other look alike from both sides. Matches of one with
the other are as many and as consistent as those of each with itself, so that they cannot tell the sides
apart: what does not repeat itself has to join the photos.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.spatial import cKDTree

from objpose.cameras.pairs.pair_matches import weigh_motion
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.options import SettleOptions
from objpose.cameras.repeats.carried import carried
from objpose.cameras.repeats.guided import with_guided_points
from objpose.cameras.repeats.likes import alike_points, depth_of, most_seen
from objpose.cameras.repeats.options import RepeatsOptions
from objpose.cameras.repeats.self_motions import self_motions, with_like
from objpose.cameras.scene.placement import Grown, Placement
from objpose.cameras.scene.relative import depths, homogeneous, relative_pose
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import direction_degrees, inverse_matrix, rotation_degrees


@dataclass(frozen=True, eq=False)
class Sides:
    """motion: (4, 4) of the world, by which what joins the photos repeats itself; groups: of each photo; what
    does not repeat itself joins those of one.
    """

    motion: np.ndarray
    groups: Mapping[int, int]


def find_sides(
    problem: CameraProblem, grown: Grown, options: RepeatsOptions, settling: SettleOptions, seed: int = 0
) -> list[Sides]:
    """Of every motion that leaves more than one group."""
    guided = with_guided_points(problem, grown, options, settling)
    points = most_seen(guided, options.most_points)
    if len(points.points) < options.least:
        return []
    depth = depth_of(problem.views, points)
    tolerance = np.mean([problem.views[photo].tolerance for photo in guided.cams_from_world])
    reach = float(options.leniency * tolerance * depth)
    likes = alike_points(problem.views, points, reach, options)
    found = []
    for motion in self_motions(points.points, likes, reach, options.near * depth, options, seed):
        if _apart_degrees(guided.cams_from_world, motion) < options.least_deg:
            continue
        is_carried = carried(problem, guided, motion, options)
        held = is_carried[cKDTree(guided.points).query(points.points)[1]].sum()
        if held and with_like(motion, points.points, likes, reach) >= options.least_share * held:
            found.append(Sides(motion, _groups(problem, grown, guided, is_carried)))
    return [one for one in found if len(set(one.groups.values())) > 1]


def _apart_degrees(cams_from_world: Mapping[int, np.ndarray], motion: np.ndarray) -> float:
    """By which pairs of photos stand otherwise where one of them is moved: median of the larger of the turn's
    and the direction's.
    """
    off = []
    for a, b in combinations(cams_from_world.values(), 2):
        here, there = b @ inverse_matrix(a), b @ motion @ inverse_matrix(a)
        turned = rotation_degrees(here[:3, :3].T @ there[:3, :3])
        off.append(max(turned, direction_degrees(here[:3, 3], there[:3, 3])))
    return float(np.median(off))


def _groups(
    problem: CameraProblem, grown: Grown, guided: Placement, is_carried: np.ndarray
) -> dict[int, int]:
    """The two that most joins become one, as long as it is more than chance gives; those that matches hardly
    join to the others at all have no sides, and are left with the first.
    """
    nats, least = _beside_carried(problem, grown, guided, is_carried), problem.options.evidence.chance_nats
    groups = [{photo} for photo in sorted(grown.placement.cams_from_world)]
    while len(groups) > 1:
        joins = {(i, j): _between(nats, groups[i], groups[j]) for j in range(len(groups)) for i in range(j)}
        first, second = max(joins, key=joins.__getitem__)
        if joins[first, second] < least:
            break
        groups[first] |= groups.pop(second)
    everyone = grown.placement.cams_from_world.keys()
    sided = [one for one in groups if _between(grown.pair_evidence, one, everyone - one) >= least]
    return {photo: number for number, group in enumerate(sided) for photo in group} | dict.fromkeys(
        everyone - set[int]().union(*sided), 0
    )


def _between(nats: Mapping[Pair, float], one: Collection[int], other: Collection[int]) -> float:
    return sum(nats.get((min(a, b), max(a, b)), 0.0) for a in one for b in other)


def _beside_carried(
    problem: CameraProblem, grown: Grown, guided: Placement, is_carried: np.ndarray
) -> dict[Pair, float]:
    """Nats of each pair by the matches whose nearest point is not carried."""
    places, cams, views = cKDTree(guided.points), grown.placement.cams_from_world, problem.views
    found = {}
    for a, b in grown.pair_evidence:
        matches, b_from_a = problem.matches[a, b], relative_pose(cams, a, b)
        fits = problem.misfit(a, b, matches, b_from_a) < 1.0
        rays = views[a].rays[matches.indices[:, 0]], views[b].rays[matches.indices[:, 1]]
        seen = homogeneous(rays[0]) * depths(b_from_a, *rays)[0][:, None]
        place = (seen - cams[a][:3, 3]) @ cams[a][:3, :3]
        is_beside = np.ones(len(fits), dtype=bool)
        is_beside[fits] = ~is_carried[places.query(place[fits])[1]]
        weighing = problem.options.evidence
        found[a, b] = weigh_motion(views[a], views[b], matches.select(is_beside), b_from_a, weighing)
    return found
