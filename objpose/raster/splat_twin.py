"""The splat backend in plain torch, for devices without a core."""

from objpose.raster.twin_splat_adjoints import (
    blend_splats_adjoint,
    project_splats_adjoint,
    shade_splats_adjoint,
)
from objpose.raster.twin_splat_normal import splat_normal_equations
from objpose.raster.twin_splats import blend_splats, project_splats, shade_splats, shade_splats_slopes

__all__ = [
    "blend_splats",
    "blend_splats_adjoint",
    "project_splats",
    "project_splats_adjoint",
    "shade_splats",
    "shade_splats_adjoint",
    "shade_splats_slopes",
    "splat_normal_equations",
]
