"""GLB, glTF, STL, DAE and 3MF meshes through trimesh: its scene flattened, its losses said."""

import io
import struct
import urllib.parse
import warnings
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from objpose.errors import InputError, InputWarning
from objpose.io.atomic import atomic_path
from objpose.io.beside import find_beside
from objpose.io.gltf_tree import CURE, MaterialUse, plain_gltf
from objpose.io.mesh_arrays import MeshArrays
from objpose.io.mesh_parts import join_parts
from objpose.io.scene_kinds import check_scene_file, declared_unit, warn_of_lost_colors
from objpose.io.scene_paint import with_material

# Its importers do not validate: what they raise on damaged files is whatever the damage leads to.
TRIMESH_FAILURES = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OverflowError,
    ZeroDivisionError, NameError, RuntimeError, ImportError, OSError, EOFError, MemoryError, struct.error,
    SyntaxError, StopIteration, zlib.error,
)  # fmt: skip


def read_scene(path: Path, content: bytes) -> tuple[MeshArrays, float | None]:
    """(the mesh in the frame of the scene, metres in the unit of its coordinates where that is known).

    Colour that the file promises and that is lost is warned of.

    Raises:
        InputError: malformed or cut-off file, what is not read of its format, no triangles.
    """
    check_scene_file(path, content)
    uses: dict[str, MaterialUse] = {}
    loaded = content
    if path.suffix.lower() in (".glb", ".gltf"):
        plain = plain_gltf(path, content)
        loaded, uses = plain.content, plain.materials
    scene = _load(path, loaded)
    try:
        found = [_part(scene, node, uses, path) for node in sorted(scene.graph.nodes_geometry)]
    except TRIMESH_FAILURES as error:
        raise _unreadable(path, error) from error
    parts = [part for part in found if part is not None]
    if not parts:
        raise InputError(path, "no triangles", "a surface of triangles", "export a mesh, not a point cloud")
    mesh = join_parts(parts, path)
    warn_of_lost_colors(path, content, mesh)
    return mesh, declared_unit(path, content)


class _Beside:
    """trimesh's way to ask for the files that a file names: those beside it, never others."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> bytes:
        found = find_beside(self._path, name) or find_beside(self._path, urllib.parse.unquote(name))
        if found is None:
            raise FileNotFoundError(f"{name} is missing beside {self._path.name}")
        return found.read_bytes()

    __getitem__ = get

    def namespaced(self, namespace: str) -> "_Beside":
        return _Beside(self._path.parent / namespace / self._path.name)


def _load(path: Path, content: bytes) -> trimesh.Scene:
    kind = path.suffix.lower().removeprefix(".")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numpy and pycollada, on damaged files
            warnings.simplefilter("always", InputWarning)
            return trimesh.load_scene(
                io.BytesIO(content),
                file_type=kind,
                resolver=_Beside(path),  # type: ignore[arg-type]  # all of a Resolver that is called
                process=False,
            )
    except _failures(kind) as error:
        raise _unreadable(path, error) from error


def _failures(kind: str) -> tuple[type[Exception], ...]:
    if kind != "dae":
        return TRIMESH_FAILURES
    from collada.common import DaeError

    return (*TRIMESH_FAILURES, DaeError)


def _unreadable(path: Path, error: Exception) -> InputError:
    if isinstance(error, InputError):
        return error
    return InputError(path, f"a mesh that trimesh cannot read ({error})", f"a {path.suffix} mesh", CURE)


def write_scene(path: Path, mesh: MeshArrays) -> None:
    """Write a GLB, or an OBJ with its material and texture beside it (written first)."""
    converted: Any = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
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


def _part(scene: trimesh.Scene, node: str, uses: dict[str, MaterialUse], path: Path) -> MeshArrays | None:
    scene_from_part, name = scene.graph[node]
    geometry = scene.geometry[name]
    if not isinstance(geometry, trimesh.Trimesh) or len(geometry.faces) == 0:
        return None
    with np.errstate(invalid="ignore"):  # infinities are refused where all formats are checked
        vertices = np.asarray(geometry.vertices) @ scene_from_part[:3, :3].T + scene_from_part[:3, 3]
    # A mirroring transform turns the surface inside out unless the corners change their order with it.
    is_mirrored = np.linalg.det(scene_from_part[:3, :3]) < 0
    faces = np.asarray(geometry.faces)[:, ::-1] if is_mirrored else np.asarray(geometry.faces)
    part = MeshArrays(vertices, faces)
    visual: Any = geometry.visual
    if isinstance(visual, TextureVisuals):
        material: Any = getattr(visual.material, "name", None)
        return with_material(part, visual, uses.get(material), path)
    if not visual.defined:
        return part
    return replace(part, vertex_colors=np.asarray(visual.vertex_colors)[:, :3] / 255.0)
