"""Objects as Gaussian splats: from meshes, from posed views; poses refined on them."""

from objpose.splatting.alignment import AlignmentOptions, SplatAlignment
from objpose.splatting.fit import FitOptions, fit_splats
from objpose.splatting.polish import polished_splats
from objpose.splatting.refine import Refinement, SplatRefineOptions, refine_crop, refine_splats
from objpose.splatting.surfels import mesh_splats

__all__ = [
    "AlignmentOptions",
    "FitOptions",
    "Refinement",
    "SplatAlignment",
    "SplatRefineOptions",
    "fit_splats",
    "mesh_splats",
    "polished_splats",
    "refine_crop",
    "refine_splats",
]
