"""Fitted instances judged by rendering: each drawn with its own shape, and compared with the frame."""

from __future__ import annotations

from functools import reduce

from objpose.categories.instances import Instances
from objpose.crops import Crop
from objpose.poses import Verdict
from objpose.poses.judge import by_depth, judge

TOLERANCE = 0.05  # of the diameter: depth difference that the judge stops calling agreement


def judged(instances: Instances, crop: Crop) -> Verdict:
    """Of B >= 1 instances; their colours are not known, so that only shape is compared."""
    verdicts = []
    for index in range(len(instances)):
        mesh = instances.mesh(index)
        geometry = by_depth(TOLERANCE * mesh.diameter())
        verdicts.append(judge(mesh, crop, geometry, instances.cam_from_obj[index : index + 1]))
    return reduce(Verdict.joined, verdicts)
