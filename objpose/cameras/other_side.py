"""Photos that only what repeats itself joins may stand on its other side: none is sure of another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from objpose.cameras.answer.island import Island, Parting
from objpose.cameras.options import RecoverOptions
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.repeats.sides import Sides, find_sides
from objpose.cameras.solving import Solved
from objpose.geometry.rigid_matrices import rotation_degrees

TURNED_DEG = 10.0  # a smaller turn is told as a move


def parted_by_repetition(solved: Solved, options: RecoverOptions) -> Solved:
    """The solution with photos parted that may stand on another side of what they show.

    Nothing changes where tags are seen, whose numbers tell the sides apart.
    """
    if solved.problem.tags.numbers:
        return solved
    islands = [_parted(solved.problem, island, options) for island in solved.islands]
    return replace(solved, islands=islands)


def _parted(problem: CameraProblem, island: Island, options: RecoverOptions) -> Island:
    photos = island.grown.placement.cams_from_world.keys()
    if photos <= problem.held.keys() or not island.grown.pair_evidence:
        return island
    found = find_sides(problem, island.grown, options.repeats, options.placing.settle, options.seed)
    partings = [Parting(_with_held(one.groups, problem.held), _told(one)) for one in found]
    return replace(island, partings=(*island.partings, *partings))


def _with_held(groups: Mapping[int, int], held: Collection[int]) -> dict[int, int]:
    """Groups in which known cameras, which stand where they are, and what is joined to them are one."""
    fixed = {groups[photo] for photo in held if photo in groups}
    return {photo: min(fixed) if group in fixed else group for photo, group in groups.items()}


def _told(sides: Sides) -> str:
    degrees = rotation_degrees(sides.motion[:3, :3])
    how = f"turned by {degrees:.0f} degrees" if degrees > TURNED_DEG else "moved aside"
    return (
        f"what joins it to the others repeats itself {how}: it may stand on the other side, and photos in "
        "between, or of something that is there once, would tell"
    )
