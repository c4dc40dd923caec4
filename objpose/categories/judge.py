"""A fitted instance judged by rendering: drawn with its own shape, and compared with the frame."""

from __future__ import annotations

from objpose.categories.instances import Instances
from objpose.crops import Crop
from objpose.poses import Verdict
from objpose.poses.judge import by_depth, judge

TOLERANCE = 0.05  # of the diameter: depth difference that the judge stops calling agreement


def judged(instances: Instances, index: int, crop: Crop) -> Verdict:
    """Of one of the instances, (); its colours are not known, so that only its shape is compared."""
    mesh = instances.mesh(index)
    geometry = by_depth(TOLERANCE * mesh.diameter())
    return judge(mesh, crop, geometry, instances.cam_from_obj[index : index + 1])[0]
