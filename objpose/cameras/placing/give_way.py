"""Known cameras give way: they held while the placement grew, and in the end all photos correct them.

A camera that is off by a third of a degree bends all that is placed by it. Its stated place is one
measurement with a standard deviation, beside those of all points.
"""

from __future__ import annotations

from collections.abc import Collection

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import SettleOptions
from objpose.cameras.placing.settle import with_points
from objpose.cameras.scene.adjustment import adjust
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.tags.placed import squares_of

ROUNDS = 3  # the matches that agree are chosen anew each time: those of cameras that are off were few


def given_way(
    problem: CameraProblem,
    grown: Grown,
    known: Collection[int],
    turn_deg: float,
    place: float,
    options: SettleOptions,
) -> tuple[Grown, StatedCameras]:
    """The placement with known cameras adjusted as all others, and what was stated of them.

    known: photos that stand where they are known to; turn_deg, place: standard deviations of their turns and
    places, world units.
    """
    stated = StatedCameras({index: problem.held[index] for index in known}, turn_deg, place)
    cams = grown.placement.cams_from_world
    for turn in range(ROUNDS):
        seen = with_points(problem, cams, options, options.lenient if turn == 0 else 1.0)
        squares = squares_of(problem.tag_evidence, cams)[1]
        cams = adjust(problem.views, seen, squares, stated)[0].cams_from_world
    return weigh_placement(problem, with_points(problem, cams, options)), stated
