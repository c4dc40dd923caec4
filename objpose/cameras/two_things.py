"""Whether two things move differently before the cameras, which of them is asked for, and the solution of
each.
"""

from __future__ import annotations

import numpy as np

from objpose.cameras.answer.island import Island
from objpose.cameras.answer.motions import Motion, told_both, told_moving, told_still
from objpose.cameras.answer.recovered import se3
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.pairs.still import split_still, still_photos
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.placing.second_motion import spread
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.tracks import join_matches
from objpose.cameras.scene.views import View
from objpose.cameras.solving import Solved, Solver
from objpose.features.local import Matches
from objpose.features.local.places import Pair


def solve_one(
    solver: Solver, views: list[View], matches: dict[Pair, Matches], _: str | None
) -> tuple[Solved, tuple[Motion, ...]]:
    """Where masks say what is meant, whatever else moves."""
    return solver.solve_matches(views, matches, solver.asked), ()


def solve_meant(
    solver: Solver, views: list[View], matches: dict[Pair, Matches], asked: str | None
) -> tuple[Solved, tuple[Motion, ...]]:
    """What is asked for, "object" or "scene", where two things move differently, and how both move."""
    still = still_photos(views, matches, solver.options.pairs)
    if still:
        return _solve_before_still(solver, views, matches, still, asked)
    return _solve_both(solver, solver.solve_matches(views, matches, solver.asked), asked)


def _solve_before_still(
    solver: Solver, views: list[View], matches: dict[Pair, Matches], still: set[int], asked: str | None
) -> tuple[Solved, tuple[Motion, ...]]:
    """Photos of one standing camera: what moves before it, unless the scene is asked for or nothing else is
    there.
    """
    stays, moves = split_still(views, matches, still)
    middle = solver.solve_matches(views, moves)
    same = {index: np.eye(4) for index in sorted(still)}
    scene = _motion("scene", told_still(len(still)), same, views)
    found = len(middle.cams_from_world)
    other = _motion("object", told_moving("object", found), middle.cams_from_world, views) if found else None
    if other is not None and asked != "scene":
        return middle, (other, scene)
    return _standing(solver, views, stays, same), (scene, *([other] if other else []))


def _solve_both(solver: Solver, solved: Solved, asked: str | None) -> tuple[Solved, tuple[Motion, ...]]:
    """Of what moved as most matches say, and what moves otherwise, the one that is asked for, else the first;
    no motions where all is one.
    """
    second = solver.second(solved)
    if second is None:
        return solved, ()
    both = sorted((solved, second), key=_spread)
    order = both if (both[0] is solved if asked is None else asked == "object") else both[::-1]
    things = ["object", "scene"] if order[0] is both[0] else ["scene", "object"]
    motions = [
        _motion(thing, told_moving(thing, len(one.cams_from_world)), one.cams_from_world, one.problem.views)
        for thing, one in zip(things, order, strict=True)
    ]
    return order[0], tuple(motions)


def doubt(motions: tuple[Motion, ...], asked: str | None) -> str | None:
    """Why no photo can be sure: two things move, and nobody said which counts, or that one was not found."""
    if not motions or motions[0].thing == asked:
        return None
    told = motions[0].told if len(motions) == 1 else told_both(motions)
    if asked is not None:
        return f"{told}, and nothing that moves was found before it"
    return f"{told}; say which is meant: of='object' or 'scene' (--of), masks, or a turntable"


def _standing(
    solver: Solver, views: list[View], stays: dict[Pair, Matches], same: dict[int, np.ndarray]
) -> Solved:
    """All cameras in one place, which is as good as known; nothing has a depth there."""
    problem = CameraProblem(views, stays, {}, solver.options.pairs, held=same)
    nothing = Placement(same, join_matches(views, {}), np.zeros((0, 3)), {})
    grown = weigh_placement(problem, nothing)
    reviews = {index: PhotoReview(grown.support(index), None) for index in same}
    return Solved(problem, [Island(grown, reviews, [])], {})


def _spread(solved: Solved) -> float:
    return spread(solved.problem, solved.islands[0].grown.placement)


def _motion(thing: str, told: str, cams: dict[int, np.ndarray], views: list[View]) -> Motion:
    return Motion(thing, told, {views[index].name: se3(cam) for index, cam in cams.items()})
