"""Heavy meshes made light enough to render thousands of times."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import cKDTree

from objpose.geometry import Mesh

COLOR_SAMPLES_PER_VERTEX = 8


def decimated(mesh: Mesh, max_faces: int, seed: int) -> Mesh:
    """The mesh itself when it has at most `max_faces`, else one of about that many by quadric edge collapse.

    Garland & Heckbert, SIGGRAPH 1997, through Open3D. Texture coordinates do not survive a collapse, so
    colours become vertex colours, averaged from samples of the full surface.
    """
    if len(mesh.faces) <= max_faces:
        return mesh
    import open3d as o3d

    corners = o3d.utility.Vector3dVector(mesh.vertices.double().numpy())
    heavy = o3d.geometry.TriangleMesh(corners, o3d.utility.Vector3iVector(mesh.faces.int().numpy()))
    heavy.merge_close_vertices(1e-6 * mesh.diameter())  # seams of a texture are no edges of the shape
    heavy.remove_degenerate_triangles()  # Open3D's collapse tears holes beside faces without area
    light = heavy.simplify_quadric_decimation(max_faces)
    light.remove_degenerate_triangles()
    light.remove_unreferenced_vertices()
    vertices = torch.from_numpy(np.asarray(light.vertices).astype(np.float32))
    faces = torch.from_numpy(np.asarray(light.triangles).astype(np.int64))
    return Mesh(vertices, faces, vertex_colors=_nearby_colors(mesh, vertices, seed))


def _nearby_colors(mesh: Mesh, vertices: torch.Tensor, seed: int) -> torch.Tensor | None:
    if mesh.color_source == "none":
        return None
    samples = mesh.sample_surface(COLOR_SAMPLES_PER_VERTEX * len(vertices), seed)
    tree = cKDTree(samples.points.numpy())
    _, nearest = tree.query(vertices.numpy(), k=COLOR_SAMPLES_PER_VERTEX // 2)
    assert samples.colors is not None
    return samples.colors[torch.from_numpy(nearest)].mean(1)
