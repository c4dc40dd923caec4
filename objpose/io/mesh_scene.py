"""OBJ, GLB and STL meshes through trimesh: the scene graph flattened, and losses that it hides reported."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from objpose.errors import InputError
from objpose.io.atomic import atomic_path
from objpose.io.mesh_arrays import MeshArrays
from objpose.io.mesh_parts import join_parts
from objpose.io.obj_check import check_obj

# Its importers do not validate: what they raise on damaged files is whatever the damage leads to.
TRIMESH_FAILURES = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OverflowError,
    ZeroDivisionError, NameError, RuntimeError, ImportError, OSError, EOFError, MemoryError, struct.error,
)  # fmt: skip
CURE = "the file is malformed or cut off: export or fetch it again"
GLB_HEADER = struct.Struct("<4sII")  # magic, version, length of the whole file
GLB_CHUNK = struct.Struct("<I4s")  # length, type


def read_scene(path: Path, content: bytes) -> MeshArrays:
    """Read an OBJ, GLB or STL file as one mesh in the frame of the scene.

    Raises:
        InputError: malformed or cut-off file, missing or unreadable material or texture, no triangles.
    """
    declares_texture = False
    if path.suffix.lower() == ".glb":
        declares_texture = _check_glb(path, content)
    elif path.suffix.lower() == ".obj":
        declares_texture = check_obj(path, content)
    try:
        scene = trimesh.load_scene(path, process=False)
        parts = [_part(scene, node) for node in sorted(scene.graph.nodes_geometry)]
    except TRIMESH_FAILURES as error:
        raise InputError(
            path, f"a mesh that trimesh cannot read ({error})", f"a {path.suffix} mesh", CURE
        ) from error
    parts = [part for part in parts if part is not None]
    if not parts:
        raise InputError(path, "no triangles", "a surface of triangles", "export a mesh, not a point cloud")
    if declares_texture and all(part.texture is None for part in parts):
        raise InputError(
            path, "a texture that cannot be read", "a PNG or JPEG texture", "export with PNG textures"
        )
    return join_parts(parts)


def write_scene(path: Path, mesh: MeshArrays) -> None:
    """Write a GLB, or an OBJ with its material and texture beside it (written first)."""
    converted = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    if mesh.texture is not None:
        material = PBRMaterial(
            name=path.stem, baseColorTexture=Image.fromarray(mesh.texture), metallicFactor=0.0
        )
        if path.suffix.lower() == ".obj":
            material = material.to_simple()
            material.name = path.stem
        converted.visual = TextureVisuals(uv=mesh.uvs, material=material)
    elif mesh.vertex_colors is not None:
        converted.visual.vertex_colors = np.round(mesh.vertex_colors * 255).clip(0, 255).astype(np.uint8)
    for name, content in _export(path, converted).items():
        with atomic_path(path.parent / name) as temporary:
            temporary.write_bytes(content)


def _export(path: Path, mesh: trimesh.Trimesh) -> dict[str, bytes]:
    """The files to write, the mesh itself last."""
    if path.suffix.lower() == ".glb":
        return {path.name: trimesh.exchange.gltf.export_glb(mesh)}
    text, files = trimesh.exchange.obj.export_obj(mesh, return_texture=True, mtl_name=f"{path.stem}.mtl")
    return {**files, path.name: text.encode()}


def _part(scene: trimesh.Scene, node: str) -> MeshArrays | None:
    scene_from_part, name = scene.graph[node]
    geometry = scene.geometry[name]
    if not isinstance(geometry, trimesh.Trimesh) or len(geometry.faces) == 0:
        return None
    vertices = np.asarray(geometry.vertices) @ scene_from_part[:3, :3].T + scene_from_part[:3, 3]
    # A mirroring transform turns the surface inside out unless the corners change their order with it.
    is_mirrored = np.linalg.det(scene_from_part[:3, :3]) < 0
    faces = np.asarray(geometry.faces)[:, ::-1] if is_mirrored else np.asarray(geometry.faces)
    return _with_colors(MeshArrays(vertices, faces), geometry)


def _with_colors(part: MeshArrays, geometry: trimesh.Trimesh) -> MeshArrays:
    visual = geometry.visual
    if not isinstance(visual, TextureVisuals):
        if not visual.defined:
            return part
        return replace(part, vertex_colors=np.asarray(visual.vertex_colors)[:, :3] / 255.0)
    picture = _picture(visual)
    if picture is not None and visual.uv is not None:
        return replace(
            part, uvs=np.asarray(visual.uv, dtype=np.float64), texture=np.array(picture.convert("RGB"))
        )
    color = getattr(visual.material, "baseColorFactor", None)
    color = visual.material.main_color if color is None else color
    return replace(part, vertex_colors=np.tile(np.asarray(color)[:3] / 255.0, (len(part.vertices), 1)))


def _picture(visual: TextureVisuals) -> Image.Image | None:
    material = visual.material
    return (
        material.baseColorTexture if isinstance(material, PBRMaterial) else getattr(material, "image", None)
    )


def _check_glb(path: Path, content: bytes) -> bool:
    """Check the lengths that a GLB declares; True when one of its materials has a colour texture."""
    if len(content) < GLB_HEADER.size + GLB_CHUNK.size or content[:4] != b"glTF":
        raise InputError(path, f"{len(content)} bytes that start {content[:4]!r}", "a GLB file", CURE)
    _, version, length = GLB_HEADER.unpack_from(content)
    if version != 2 or length != len(content):
        found = f"glTF version {version} and {len(content)} bytes"
        raise InputError(path, found, f"version 2 and the declared {length} bytes", CURE)
    chunk_length, _ = GLB_CHUNK.unpack_from(content, GLB_HEADER.size)
    start = GLB_HEADER.size + GLB_CHUNK.size
    try:
        tree = json.loads(content[start : start + chunk_length])
        materials = tree.get("materials", [])
        return any("baseColorTexture" in material.get("pbrMetallicRoughness", {}) for material in materials)
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(path, f"a damaged JSON chunk ({error})", "a GLB file", CURE) from error
