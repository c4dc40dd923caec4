"""The placement that starts from known cameras."""

from __future__ import annotations

from collections.abc import Collection

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import grow, weigh_placement
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.placement import Grown


def grow_from_known(
    problem: CameraProblem, photos: Collection[int], options: PlacingOptions, seed: int = 0
) -> list[Grown]:
    """The placement of the known cameras and all photos that they place; none where no two are known."""
    cams = {index: cam for index, cam in problem.held.items() if index in photos}
    if len(cams) < 2:
        return []
    start = settle(problem, cams, options.settle, is_rough=False, is_quick=True)
    placement = grow(problem, start, photos, options, seed)
    return [weigh_placement(problem, placement or start)]
