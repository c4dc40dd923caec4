"""Several meshes with colours of different kinds, joined into one with one texture or with vertex colours."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from objpose.errors import warn_input
from objpose.io.mesh_arrays import MeshArrays

BORDER = 1  # pixels repeated around each texture of an atlas, so that bilinear sampling sees no neighbour
WHITE = np.ones(3)
LARGEST_TILING = 1 << 26  # numbers of a repeating texture written out for an atlas


def join_parts(parts: list[MeshArrays], path: Path) -> MeshArrays:
    """Join meshes in one frame into one.

    One texture for all stays as it is; several textures, and flat-coloured parts beside them, go into one
    atlas, textures that repeat as often as they do. A texture that repeats too often for that, or beside
    parts with a colour for each vertex, cannot: then every part keeps the colours of its vertices, and a
    warning says so. Parts without colour are white beside others.
    """
    if len(parts) == 1:
        return parts[0]
    textures = {id(part.texture): part.texture for part in parts if part.texture is not None}
    if len(textures) == 1 and all(part.texture is not None for part in parts):
        return replace(
            _stack(parts), uvs=np.concatenate([_uvs(part) for part in parts]), texture=parts[0].texture
        )
    if textures:
        tiled = [_written_out(part) for part in parts]
        if all(_fits_atlas(part) for part in tiled):
            return _with_atlas(tiled)
        found = f"{len(textures)} textures, repeating often or beside colours of vertices"
        cure = "each texture is used at the vertices alone; bake all into one picture to keep it"
        warn_input(path, found, "textures that fit one picture", cure)
    colors = [_vertex_colors(part) for part in parts]
    if all(color is None for color in colors):
        return _stack(parts)
    filled = [
        np.tile(WHITE, (len(part.vertices), 1)) if c is None else c
        for part, c in zip(parts, colors, strict=True)
    ]
    return replace(_stack(parts), vertex_colors=np.concatenate(filled))


def _uvs(part: MeshArrays) -> np.ndarray:
    """Of a part with a texture, which no reader gives without them."""
    assert part.uvs is not None
    return part.uvs


def _written_out(part: MeshArrays) -> MeshArrays:
    """The part with its texture repeated in the picture, so that its coordinates lie in [0, 1]."""
    if part.texture is None:
        return part
    uvs = _uvs(part)
    if not np.isfinite(uvs).all():
        return part
    low = np.floor(uvs.min(axis=0))
    times = np.maximum(np.ceil(uvs.max(axis=0)) - low, 1)
    if times.prod() * part.texture.size > LARGEST_TILING and times.prod() > 1:
        return part
    columns, rows = times.astype(int)
    texture = part.texture if times.prod() == 1 else np.tile(part.texture, (rows, columns, 1))
    return replace(part, uvs=(uvs - low) / times, texture=texture)


def _stack(parts: list[MeshArrays]) -> MeshArrays:
    offsets = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
    faces = [part.faces + offset for part, offset in zip(parts, offsets, strict=True)]
    return MeshArrays(np.concatenate([part.vertices for part in parts]), np.concatenate(faces))


def _fits_atlas(part: MeshArrays) -> bool:
    if part.texture is None:
        return part.vertex_colors is None or bool((part.vertex_colors == part.vertex_colors[:1]).all())
    uvs = _uvs(part)
    return bool((uvs >= 0).all() and (uvs <= 1).all())


def _with_atlas(parts: list[MeshArrays]) -> MeshArrays:
    """The textures side by side, tops aligned, in one picture."""
    tiles = [np.pad(_tile(part), ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), mode="edge") for part in parts]
    height, width = max(len(tile) for tile in tiles), sum(tile.shape[1] for tile in tiles)
    atlas = np.zeros((height, width, 3), np.uint8)
    uvs, left = [], 0
    for part, tile in zip(parts, tiles, strict=True):
        rows, columns = tile.shape[:2]
        atlas[:rows, left : left + columns] = tile
        part_uvs = np.full((len(part.vertices), 2), 0.5) if part.texture is None else _uvs(part)
        x = left + BORDER + part_uvs[:, 0] * (columns - 2 * BORDER)
        y = BORDER + (1 - part_uvs[:, 1]) * (rows - 2 * BORDER)
        uvs.append(np.stack([x / width, 1 - y / height], axis=1))
        left += columns
    return replace(_stack(parts), uvs=np.concatenate(uvs), texture=atlas)


def _tile(part: MeshArrays) -> np.ndarray:
    if part.texture is not None:
        return part.texture
    color = WHITE if part.vertex_colors is None else part.vertex_colors[0]
    return np.round(color * 255).astype(np.uint8).reshape(1, 1, 3)


def _vertex_colors(part: MeshArrays) -> np.ndarray | None:
    if part.texture is None:
        return part.vertex_colors
    uvs = _uvs(part)
    height, width = part.texture.shape[:2]
    columns = np.floor(uvs[:, 0] * width).astype(np.int64) % width  # textures repeat
    rows = np.floor((1 - uvs[:, 1]) * height).astype(np.int64) % height
    return part.texture[rows, columns] / 255.0
