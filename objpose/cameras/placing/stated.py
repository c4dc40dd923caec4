"""What is stated beside the photos bends a placement, too: tags are squares."""

from __future__ import annotations

from objpose.cameras.known.known import standing
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.scene.adjustment import adjust
from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.stated import StatedCameras
from objpose.cameras.tags.placed import squares_of


def adjust_to_stated(problem: CameraProblem, placement: Placement) -> Placement:
    """The placement adjusted with the squares that its photos show; as it is where nothing is stated."""
    if standing(placement.cams_from_world, problem.held):
        return placement
    squares = squares_of(problem.tag_evidence, placement.cams_from_world)[1]
    if squares is None:
        return placement
    return adjust(problem.views, placement, squares, StatedCameras())[0]
