"""Onboarded objects in the scene, with their texture or colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from objpose.geometry import SE3, Mesh
from objpose.objects import ObjectModel

if TYPE_CHECKING:
    import trimesh
    from viser import GlbHandle, ViserServer

PLAIN = (170, 175, 185)


def show_object(server: ViserServer, name: str, model: ObjectModel) -> GlbHandle:
    """Put the object's mesh into the scene, at the origin; `place` puts it where it is."""
    return server.scene.add_mesh_trimesh(name, as_trimesh(model.mesh))


def place(handle: GlbHandle, model: ObjectModel, cam_from_obj: SE3) -> None:
    """Move a mesh of `show_object` to a pose of its object, metres, camera frame."""
    cam_from_mesh = model.cam_from_mesh(cam_from_obj)
    handle.wxyz = cam_from_mesh.rotation.wxyz.numpy()
    handle.position = cam_from_mesh.translation.numpy()


def as_trimesh(mesh: Mesh) -> trimesh.Trimesh:
    import trimesh
    from PIL import Image

    vertices, faces = mesh.vertices.numpy(), mesh.faces.numpy()
    if mesh.color_source == "texture":
        assert mesh.uvs is not None and mesh.texture is not None
        texture = Image.fromarray(mesh.texture.numpy())
        material = trimesh.visual.material.PBRMaterial(
            baseColorTexture=texture, metallicFactor=0.0, roughnessFactor=0.9
        )
        visual = trimesh.visual.TextureVisuals(uv=mesh.uvs.numpy(), material=material)
        return trimesh.Trimesh(vertices, faces, visual=visual, process=False)
    return trimesh.Trimesh(vertices, faces, vertex_colors=_vertex_colors(mesh), process=False)


def _vertex_colors(mesh: Mesh) -> np.ndarray:
    """(V, 3) uint8."""
    if mesh.vertex_colors is None:
        return np.tile(np.array(PLAIN, np.uint8), (len(mesh.vertices), 1))
    return (mesh.vertex_colors.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
