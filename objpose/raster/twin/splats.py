"""The splat backend in plain torch, for devices without a core."""

from objpose.raster.twin.splat_adjoints import (
    blend_splats_adjoint,
    project_splats_adjoint,
    shade_splats_adjoint,
)
from objpose.raster.twin.splat_images import blend_splats, project_splats, shade_splats, shade_splats_slopes
from objpose.raster.twin.splat_normal import splat_normal_equations

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
