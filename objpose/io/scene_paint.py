"""The colours of a part of a scene: texture, factor and colours of vertices of its material, as glTF says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from objpose.errors import InputError, warn_input
from objpose.io.gltf_tree import MaterialUse
from objpose.io.mesh_arrays import MeshArrays
from objpose.io.mesh_colors import FLOAT_WHITES, INTEGER_WHITES, unit_colors
from objpose.io.stored import PILLOW_FAILURES
from objpose.io.textures import texture_pixels

PLAIN_TEXTURE = "convert its textures to PNG; these faces are used without colour"


def with_material(
    part: MeshArrays, visual: TextureVisuals, use: MaterialUse | None, path: Path
) -> MeshArrays:
    """The part in the colours of its material, which multiply; what of them is lost is warned of."""
    tint, colors = _tint(visual), _vertex_colors(visual, path)
    texture = _texture(visual, use, path)
    if texture is None:
        if colors is not None:
            return replace(part, vertex_colors=colors * (1.0 if tint is None else tint))
        if tint is None or (use is not None and use.has_texture):
            return part
        return replace(part, vertex_colors=np.tile(tint, (len(part.vertices), 1)))
    if colors is not None and np.ptp(colors, axis=0).max() > 0:
        found, cure = "colours of vertices over a texture", "the texture alone is used; bake the two into one"
        warn_input(path, found, "one of them", cure)
    elif colors is not None:
        tint = colors[0] * (1.0 if tint is None else tint)
    if tint is not None and not np.allclose(tint, 1):
        texture = np.round(texture * tint).astype(np.uint8)
    uvs = np.asarray(visual.uv, dtype=np.float64)
    if use is not None:
        v_down = np.stack([uvs[:, 0], 1 - uvs[:, 1], np.ones(len(uvs))], axis=1) @ use.uv_from_uv.T
        uvs = np.stack([v_down[:, 0], 1 - v_down[:, 1]], axis=1)
    return replace(part, uvs=uvs, texture=texture)


def _tint(visual: TextureVisuals) -> np.ndarray | None:
    """(3,) the colour of the material as pictures store it; None where it has none."""
    material = visual.material
    if not isinstance(material, PBRMaterial):
        return np.asarray(material.main_color)[:3] / 255.0
    if material.baseColorFactor is None:
        return None
    linear = np.asarray(material.baseColorFactor, dtype=np.float64)[:3]
    linear = linear / 255 if np.asarray(material.baseColorFactor).dtype.kind in "iu" else linear
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def _vertex_colors(visual: TextureVisuals, path: Path) -> np.ndarray | None:
    """COLOR_0 as most exporters mean it: as pictures store colours."""
    stored = visual.vertex_attributes.get("color")
    if stored is None:
        return None
    stored = np.asarray(stored)[:, :3]
    return unit_colors(stored, path, FLOAT_WHITES if stored.dtype.kind == "f" else INTEGER_WHITES)


def _texture(visual: TextureVisuals, use: MaterialUse | None, path: Path) -> np.ndarray | None:
    """The picture; None, with a warning, where the material promises one that cannot be had."""
    material = visual.material
    picture = (
        material.baseColorTexture if isinstance(material, PBRMaterial) else getattr(material, "image", None)
    )
    if picture is None or visual.uv is None:
        if use is not None and use.has_texture:
            found = "a texture without coordinates" if picture is not None else "a texture that is no picture"
            found = "a KTX2 (Basis Universal) texture" if use.is_ktx else found
            warn_input(path, found, "a PNG, JPEG or WebP texture and its coordinates", PLAIN_TEXTURE)
        return None
    try:
        return texture_pixels(picture, path)
    except PILLOW_FAILURES as error:
        found = error.found if isinstance(error, InputError) else f"a damaged texture ({error})"
        warn_input(path, found, "a PNG, JPEG or WebP texture", PLAIN_TEXTURE)
        return None
