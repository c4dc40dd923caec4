"""The rasterizer core: meshes to depth, masks, normals, coordinates, colours and face ids; splats to images.

`render_mesh` composes the stages `rasterize`, `interpolate`, `sample_texture` and `face_normals`, each a
torch custom op with a C++ backend on the CPU, a CUDA backend compiled at first use, and a plain-torch twin;
`render_splats` composes `project_splats`, `shade_splats` and `blend_splats`, with gradients.
`splat_normal_equations` gives Gauss-Newton steps of the camera without autograd. `line_profiles` and
`line_equations` find an object's border along lines across its outline, for trackers.
"""

from objpose.raster.lines.bundles import Lines, LineStatistics, Outline
from objpose.raster.lines.stages import (
    blend_colors,
    count_colors,
    line_equations,
    line_profiles,
    line_statistics,
    move_poses,
    nearest_views,
)
from objpose.raster.meshes.pyramid import Pyramid, texture_pyramid
from objpose.raster.meshes.render import MeshRender, render_mesh
from objpose.raster.meshes.stages import Fragments, face_normals, interpolate, rasterize, sample_texture
from objpose.raster.splats.normal import RobustLoss, splat_normal_equations
from objpose.raster.splats.render import SplatRender, Splats, render_splats, with_degree
from objpose.raster.splats.stages import Screen, blend_splats, project_splats, shade_splats
from objpose.raster.status import backend_status

__all__ = [
    "Fragments",
    "LineStatistics",
    "Lines",
    "MeshRender",
    "Outline",
    "Pyramid",
    "RobustLoss",
    "Screen",
    "SplatRender",
    "Splats",
    "backend_status",
    "blend_colors",
    "blend_splats",
    "count_colors",
    "face_normals",
    "interpolate",
    "line_equations",
    "line_profiles",
    "line_statistics",
    "move_poses",
    "nearest_views",
    "project_splats",
    "rasterize",
    "render_mesh",
    "render_splats",
    "sample_texture",
    "shade_splats",
    "splat_normal_equations",
    "texture_pyramid",
    "with_degree",
]
