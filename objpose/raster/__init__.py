"""The rasterizer core: meshes to depth, masks, normals, object coordinates, colours and face ids.

`render_mesh` composes the stages `rasterize`, `interpolate`, `sample_texture` and `face_normals`, each a
torch custom op with a C++ backend on the CPU, a CUDA backend compiled at first use, and a plain-torch twin.
"""

from objpose.raster.pyramid import Pyramid, texture_pyramid
from objpose.raster.render import MeshRender, render_mesh
from objpose.raster.stages import Fragments, face_normals, interpolate, rasterize, sample_texture
from objpose.raster.status import backend_status

__all__ = [
    "Fragments",
    "MeshRender",
    "Pyramid",
    "backend_status",
    "face_normals",
    "interpolate",
    "rasterize",
    "render_mesh",
    "sample_texture",
    "texture_pyramid",
]
