"""Photos that stand in one place fix no depth: no point lies where they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from objpose.cameras.placing.settle import with_points
from tests.cameras.photo_sets import OPTIONS, look_at_origin, make_views, unposed

FROM = [look_at_origin(azimuth, elevation) for azimuth, elevation in ((0, 10), (4, 13), (40, 25))]


def test_photos_that_adjustment_moved_into_one_place_see_no_points_at_it() -> None:
    """Their rays meet as they should, so near to the cameras that nothing can be there.

    The first is the world, so that no rounding hides how near.
    """
    cams = {index: cam @ np.linalg.inv(FROM[0]) for index, cam in enumerate(FROM)}
    problem = unposed(make_views(FROM, seed=3))
    alone = replace(problem, matches={(0, 1): problem.matches[0, 1]})
    assert with_points(alone, cams, OPTIONS.settle).tracks.count > 100
    cams[1][:3, 3] *= 1e-16
    assert with_points(alone, cams, OPTIONS.settle).tracks.count == 0
