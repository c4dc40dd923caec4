"""The splats of an onboarded object, whichever way it was onboarded."""

from __future__ import annotations

import json

from objpose.objects import ObjectModel
from objpose.objects.store import Making, OnDisk, made_of
from objpose.raster import Splats
from objpose.splatting.polish import polished_splats

FORMAT = 1  # raised when the way splats are made from a mesh changes
KIND = "splats-of-mesh"
# Not the PLY: its numbers would not come back to the last bit.
ON_DISK = OnDisk(
    lambda made: {name: value.detach().contiguous() for name, value in made.tensors().items()},
    lambda arrays: Splats(**arrays),
)


def object_splats(model: ObjectModel) -> Splats:
    """What `refine_splats` compares with a picture of the object; metres, in the frame of its mesh.

    The splats fitted to its views, where it was onboarded from views (with harmonics); else `polished_splats`
    of its mesh (one colour a splat), made at first use in some seconds and kept (`objpose.objects.store`).
    """
    if model.fitted is not None:
        return model.fitted
    return made_of(model, splat_making(model.on_host))


def splat_making(model: ObjectModel) -> Making[Splats]:
    made_with = json.dumps({"format": FORMAT, "maker": polished_splats.__name__})
    return Making(KIND, made_with, lambda: polished_splats(model.mesh), ON_DISK)
