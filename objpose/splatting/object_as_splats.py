"""The splats of an onboarded object, whichever way it was onboarded."""

from __future__ import annotations

import json

from objpose.onboarding import ObjectModel
from objpose.raster import Splats
from objpose.splatting.polish import polished_splats

FORMAT = 1  # raised when the way splats are made from a mesh changes


def object_splats(model: ObjectModel) -> Splats:
    """What `refine_splats` compares with a picture of the object; metres, in the frame of its mesh.

    The splats fitted to its views, where it was onboarded from views (with harmonics); else `polished_splats`
    of its mesh (one colour a splat), made at first use in some seconds and kept in the object's folder, where
    it has one. Not to be called from several threads at once.
    """
    made_with = json.dumps({"format": FORMAT, "maker": polished_splats.__name__})
    return model.splats(made_with, polished_splats)
