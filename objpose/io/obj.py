"""OBJ meshes: faces by material, each material with its texture, its colour or the colours of vertices."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.beside import find_beside
from objpose.io.mesh_arrays import MeshArrays, check_arrays, corner_triangles, split_corners, subset
from objpose.io.mesh_colors import unit_colors
from objpose.io.mesh_parts import join_parts
from objpose.io.mtl import Material, TextureMap, read_materials
from objpose.io.obj_text import ObjText, parse_obj
from objpose.io.textures import read_texture

NO_COLOR = "these faces are used without colour"


def read_obj(path: Path, content: bytes, colors: bool = True) -> MeshArrays:
    """Read an OBJ mesh with the materials beside it; polygons become triangle fans.

    Colour that the file promises and that cannot be had (no MTL, no texture, an unreadable one) is warned of.
    Without `colors`, none is read.

    Raises:
        InputError: malformed or cut-off file, no faces.
    """
    text = parse_obj(content, path)
    corners = corner_triangles(text.counts)
    mesh = MeshArrays(
        text.vertices, text.corner_vertices[corners], _vertex_colors(text, path) if colors else None
    )
    check_arrays(mesh, path)
    if not colors:
        return mesh
    materials = _materials(text, path)
    corner_uvs = text.corner_uvs[corners]
    lacks_uvs = (corner_uvs < 0).any(axis=1)
    groups = 2 * np.repeat(text.face_materials, text.counts - 2) + lacks_uvs
    textures = _Textures()
    parts = []
    for group in np.unique(groups):
        chosen = groups == group
        part = mesh if chosen.all() else subset(mesh, chosen)
        uvs = None if group % 2 else text.uvs[corner_uvs[chosen]]
        parts.append(_painted(part, uvs, materials.get(text.materials[group // 2]), textures, path))
    return join_parts(parts, path)


class _Textures:
    """Textures read so far by file and tint: materials that share one share the array."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, float, float], np.ndarray] = {}

    def get(self, file: Path, texture: TextureMap) -> np.ndarray:
        key = (file, texture.base, texture.gain)
        if key not in self._read:
            pixels = read_texture(file)
            if (texture.base, texture.gain) != (0.0, 1.0):
                tinted = texture.base * 255 + texture.gain * pixels.astype(np.float32)
                pixels = np.round(tinted.clip(0, 255)).astype(np.uint8)
            self._read[key] = pixels
        return self._read[key]


def _vertex_colors(text: ObjText, path: Path) -> np.ndarray | None:
    has_color = ~np.isnan(text.colors).any(axis=1)
    if not has_color.any():
        return None
    if not has_color.all():
        found = f"{int((~has_color).sum())} of {len(has_color)} vertices without colour"
        warn_input(path, found, "a colour for each", "these are white")
    colors = unit_colors(text.colors[has_color], path)
    if colors is None:
        return None
    filled = np.ones((len(has_color), 3))
    filled[has_color] = colors
    return filled


def _materials(text: ObjText, path: Path) -> dict[str, Material]:
    materials: dict[str, Material] = {}
    for line in text.libraries:
        for name, library in _libraries(path, line):
            if library is None:
                warn_input(
                    path, f"mtllib {name}, which is missing", "the material beside the mesh",
                    f"put it at {path.parent / name}; the mesh is used without it",
                )  # fmt: skip
            else:
                materials |= read_materials(library)
    used = [text.materials[index] for index in np.unique(text.face_materials)]
    unknown = [name for name in used if name and name not in materials]
    if unknown and (materials or not text.libraries):
        found = f"usemtl {', '.join(unknown[:5])}, which no mtllib of it defines"
        warn_input(path, found, "materials that an MTL file defines", NO_COLOR)
    return materials


def _libraries(path: Path, line: str) -> list[tuple[str, Path | None]]:
    """The files of an mtllib line, which may name one with spaces in it, or several."""
    whole = find_beside(path, line)
    if whole is not None:
        return [(line, whole)]
    names = re.findall(r"\S.*?\.mtl(?=\s|$)", line, flags=re.IGNORECASE) or [line]
    return [(name, find_beside(path, name)) for name in names]


def _painted(
    part: MeshArrays, uvs: np.ndarray | None, material: Material | None, textures: _Textures, path: Path
) -> MeshArrays:
    """The part with its texture; else with the colours of its vertices; else with that of its material."""
    if material is None:
        return part
    texture = _texture_of(material)
    if texture is not None:
        pixels = _pixels(texture, uvs, material, textures, path)
        if pixels is None or uvs is None:
            return part
        split, of_vertices = split_corners(replace(part, vertex_colors=None), uvs)
        return replace(split, uvs=of_vertices * texture.scale + texture.offset, texture=pixels)
    if part.vertex_colors is None and material.color is not None:
        return replace(part, vertex_colors=np.tile(material.color, (len(part.vertices), 1)))
    return part


def _texture_of(material: Material) -> TextureMap | None:
    if material.texture is None and material.ambient is not None:
        warn_input(material.library, "map_Ka without map_Kd", "a texture map_Kd", "map_Ka is used for it")
        return material.ambient
    return material.texture


def _pixels(
    texture: TextureMap, uvs: np.ndarray | None, material: Material, textures: _Textures, path: Path
) -> np.ndarray | None:
    """The picture; None, with a warning, where it cannot be had."""
    if uvs is None:
        warn_input(path, f"faces without vt under map_Kd {texture.file}", "texture coordinates", NO_COLOR)
        return None
    file = find_beside(material.library, texture.file)
    if file is None:
        cure = f"put it beside {material.library.name}; {NO_COLOR}"
        warn_input(material.library, f"map_Kd {texture.file}, which is missing", "the texture", cure)
        return None
    try:
        return textures.get(file, texture)
    except InputError as error:
        warn_input(error.subject, error.found, error.expected, f"{error.cure}; {NO_COLOR}")
        return None
