"""The rasterizer core: meshes to depth, masks, normals, coordinates, colours and face ids; splats to images.

`render_mesh` composes the stages `rasterize`, `interpolate`, `sample_texture` and `face_normals`, each a
torch custom op with a C++ backend on the CPU, a CUDA backend compiled at first use, and a plain-torch twin;
`render_splats` composes `project_splats`, `shade_splats` and `blend_splats`, with gradients.
`splat_normal_equations` gives Gauss-Newton steps of the camera without autograd. `line_profiles` and
`line_equations` find an object's border along lines across its outline, for trackers; `depth_equations` draws
its surface onto measured depth, `patch_equations` its paint onto that of an earlier frame; `draw_paint`
draws paint.
`drawn_depth_equations` and its like compare drawn images with a crop, for poses that are found anew;
`register_points` lays a scene's points on an object's surface under all of them.
"""

from objpose.raster.drawn.bundles import (
    MaskBorder,
    MeasuredDepth,
    PictureEdges,
    Pixels,
    SeenColors,
    SeenShape,
    ShapeCounts,
)
from objpose.raster.drawn.stages import (
    drawn_color_agreement,
    drawn_color_equations,
    drawn_depth_equations,
    drawn_edge_equations,
    drawn_outline_equations,
    drawn_shape_counts,
)
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
from objpose.raster.paint.bundles import PaintDrawing, PaintedMesh
from objpose.raster.paint.stages import cell_means, draw_paint, paint_likeness, picture_channels
from objpose.raster.points.bundles import (
    DepthMatching,
    GreyPart,
    PatchMatches,
    PatchPoints,
    PointCounts,
    SurfacePoints,
)
from objpose.raster.points.stages import (
    clear_hidden,
    depth_equations,
    find_corners,
    grey_pyramid,
    patch_equations,
)
from objpose.raster.registration.bundles import SurfaceIndex
from objpose.raster.registration.stages import register_points, seen_through, surface_agreement
from objpose.raster.splats.normal import RobustLoss, splat_normal_equations
from objpose.raster.splats.render import SplatRender, Splats, render_splats, with_degree
from objpose.raster.splats.stages import Screen, blend_splats, project_splats, shade_splats
from objpose.raster.status import backend_status
from objpose.raster.steps.stages import damped_steps, moved_poses, posed_points, taken_steps

__all__ = [
    "DepthMatching",
    "Fragments",
    "GreyPart",
    "LineStatistics",
    "Lines",
    "MaskBorder",
    "MeasuredDepth",
    "MeshRender",
    "Outline",
    "PaintDrawing",
    "PaintedMesh",
    "PatchMatches",
    "PatchPoints",
    "PictureEdges",
    "Pixels",
    "PointCounts",
    "Pyramid",
    "RobustLoss",
    "Screen",
    "SeenColors",
    "SeenShape",
    "ShapeCounts",
    "SplatRender",
    "Splats",
    "SurfaceIndex",
    "SurfacePoints",
    "backend_status",
    "blend_colors",
    "blend_splats",
    "cell_means",
    "clear_hidden",
    "count_colors",
    "damped_steps",
    "depth_equations",
    "draw_paint",
    "drawn_color_agreement",
    "drawn_color_equations",
    "drawn_depth_equations",
    "drawn_edge_equations",
    "drawn_outline_equations",
    "drawn_shape_counts",
    "face_normals",
    "find_corners",
    "grey_pyramid",
    "interpolate",
    "line_equations",
    "line_profiles",
    "line_statistics",
    "move_poses",
    "moved_poses",
    "nearest_views",
    "paint_likeness",
    "patch_equations",
    "picture_channels",
    "posed_points",
    "project_splats",
    "rasterize",
    "register_points",
    "render_mesh",
    "render_splats",
    "sample_texture",
    "seen_through",
    "shade_splats",
    "splat_normal_equations",
    "surface_agreement",
    "taken_steps",
    "texture_pyramid",
    "with_degree",
]
