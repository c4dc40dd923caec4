"""A mesh with its paint, and pictures of it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from objpose.geometry import Mesh
from objpose.raster.meshes.pyramid import Pyramid, texture_pyramid

PLAIN_COLOR = 0.5  # of a mesh without colours
DARKEST_SHADE = 0.2  # of the mean light: what is turned away is lit by the room
NEAREST_PAINT = 0.01  # metres: what lies nearer is cut away


class PaintedMesh(NamedTuple):
    """As the kernels take it, on the CPU: textured, or with colours of its vertices, or grey."""

    vertices: Tensor  # (V, 3) float32, object frame, metres
    faces: Tensor  # (F, 3) int32 indices of vertices
    colors: Tensor | None  # (V, 3) float32 in [0, 1]
    uvs: Tensor | None  # (V, 2) float32, v up; None: no texture
    texture: Pyramid | None

    @staticmethod
    def of(mesh: Mesh) -> PaintedMesh:
        vertices, faces = mesh.vertices.float().contiguous(), mesh.corners.int().contiguous()
        if mesh.texture is not None and mesh.uvs is not None:
            uvs = mesh.uvs.float().contiguous()
            return PaintedMesh(vertices, faces, None, uvs, texture_pyramid(mesh.texture))
        colors = None if mesh.vertex_colors is None else mesh.vertex_colors.float().contiguous()
        return PaintedMesh(vertices, faces, colors, None, None)


class PaintDrawing(NamedTuple):
    """Pictures of B poses, of S x S pixels; all but depth may hold anything where that is 0."""

    color: Tensor  # (B, S, S, 3), lit
    depth: Tensor  # (B, S, S) metres, 0 = nothing that counts
    normals: Tensor  # (B, S, S, 3) unit, camera frame, facing the camera
