"""The JSON tree of a glTF file, checked for what trimesh would drop without a word, and made plain for it.

trimesh 5 leaves compressed and sparse accessors at zero, takes normalised integers as they stand, skips fans,
and knows the first set of texture coordinates alone.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input

CURE = "the file is malformed or cut off: export or fetch it again"
GLB_HEADER = struct.Struct("<4sII")  # magic, version, length of the whole file
GLB_CHUNK = struct.Struct("<I4s")  # length, type
COMPRESSIONS = {
    "KHR_draco_mesh_compression": "Draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
}
UNPACK = "unpack it: `npx @gltf-transform/cli copy IN.glb OUT.glb`, or export without compression"
HARMLESS = ("KHR_materials_", "KHR_texture_", "EXT_texture_", "MSFT_texture_", "KHR_lights_", "KHR_animation")
TRIANGLES, STRIP, FAN = 4, 5, 6
FLOAT = 5126  # a component type
MOST_ZEROS = 2**20  # elements of an accessor without bytes, which stands for zeros


@dataclass(frozen=True)
class MaterialUse:
    """What a material promises, under the name that it has in the plain tree."""

    has_texture: bool
    is_ktx: bool
    uv_from_uv: np.ndarray  # (2, 3) of glTF's coordinates, v down (KHR_texture_transform)


@dataclass(frozen=True)
class PlainGltf:
    content: bytes  # a GLB or glTF file again
    materials: dict[str, MaterialUse]  # by name


def plain_gltf(path: Path, content: bytes) -> PlainGltf:
    """The file with its base colour's coordinates as the first set and a material of known name everywhere.

    Raises:
        InputError: malformed or cut-off file, or one that needs what is not read: compression, quantisation,
            sparse accessors, instancing.
    """
    is_binary = path.suffix.lower() == ".glb"
    text, rest = _chunks(path, content) if is_binary else (content, b"")
    try:
        tree = json.loads(text)
        if not isinstance(tree, dict):
            raise TypeError("no object at its top")
        _check_extensions(tree, path)
        _check_accessors(tree, path)
        _warn_of_scenes(tree, path)
        materials = _name_materials(tree, path)
        text = json.dumps(tree).encode()
    except InputError:
        raise
    except (ValueError, AttributeError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise InputError(path, f"a damaged tree ({error!r})", "a glTF file", CURE) from error
    return PlainGltf(_packed(text, rest) if is_binary else text, materials)


def _chunks(path: Path, content: bytes) -> tuple[bytes, bytes]:
    """(the JSON, the chunks after it) of a GLB whose lengths are as declared."""
    if len(content) < GLB_HEADER.size + GLB_CHUNK.size or content[:4] != b"glTF":
        raise InputError(path, f"{len(content)} bytes that start {content[:4]!r}", "a GLB file", CURE)
    _, version, length = GLB_HEADER.unpack_from(content)
    if version != 2 or length != len(content):
        found = f"glTF version {version} and {len(content)} bytes"
        raise InputError(path, found, f"version 2 and the declared {length} bytes", CURE)
    chunk_length, kind = GLB_CHUNK.unpack_from(content, GLB_HEADER.size)
    start = GLB_HEADER.size + GLB_CHUNK.size
    if kind != b"JSON" or chunk_length > len(content) - start:
        raise InputError(path, f"a first chunk {kind!r} of {chunk_length} bytes", "a JSON chunk", CURE)
    return content[start : start + chunk_length], content[start + chunk_length :]


def _packed(text: bytes, rest: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    length = GLB_HEADER.size + GLB_CHUNK.size + len(text) + len(rest)
    return GLB_HEADER.pack(b"glTF", 2, length) + GLB_CHUNK.pack(len(text), b"JSON") + text + rest


def _check_extensions(tree: dict, path: Path) -> None:
    used = [*tree.get("extensionsUsed", []), *tree.get("extensionsRequired", [])]
    for name, kind in COMPRESSIONS.items():
        if name in used:
            raise InputError(path, f"{kind} compression ({name})", "a mesh without compression", UNPACK)
    if "KHR_mesh_quantization" in used:
        cure = "expand it: `npx @gltf-transform/cli dequantize IN.glb OUT.glb`"
        raise InputError(path, "KHR_mesh_quantization", "coordinates as floats", cure)
    needed = [*tree.get("extensionsRequired", []), *(n for n in used if n == "EXT_mesh_gpu_instancing")]
    unknown = [name for name in needed if not str(name).startswith(HARMLESS)]
    if unknown:
        raise InputError(path, f"the extension {unknown[0]}", "plain glTF 2.0", "export without it")


def _check_accessors(tree: dict, path: Path) -> None:
    accessors = tree.get("accessors", [])
    _check_sizes(tree, path)
    for primitive in _primitives(tree):
        if primitive.get("mode", TRIANGLES) == FAN:
            raise InputError(path, "triangle fans", "triangles or strips", "export it again as triangles")
        attributes = primitive.get("attributes", {})
        needed = [
            attributes[name] for name in attributes if name.startswith(("POSITION", "TEXCOORD", "COLOR"))
        ]
        needed += [primitive["indices"]] if "indices" in primitive else []
        for index in needed:
            if "sparse" in accessors[index] or "bufferView" not in accessors[index]:
                raise InputError(path, "sparse or empty accessors", "whole arrays", UNPACK)
        for name in attributes:
            is_float = accessors[attributes[name]]["componentType"] == FLOAT
            if name.startswith(("POSITION", "TEXCOORD")) and not is_float:
                cure = "expand it: `npx @gltf-transform/cli dequantize IN.glb OUT.glb`"
                raise InputError(path, f"{name} in integers", "floats", cure)


def _check_sizes(tree: dict, path: Path) -> None:
    """Every accessor lies in its bytes: trimesh takes memory for one without, however long it says it is."""
    views = tree.get("bufferViews", [])
    for accessor in tree.get("accessors", []):
        count, view = int(accessor["count"]), accessor.get("bufferView")
        most = MOST_ZEROS if view is None else int(views[view]["byteLength"])  # an element is a byte or more
        if not 0 <= count <= most:
            found = f"an accessor of {count} elements"
            raise InputError(path, found, f"{most} or fewer, as the file holds them", CURE)


def _warn_of_scenes(tree: dict, path: Path) -> None:
    scenes = tree.get("scenes", [])
    if len(scenes) > 1:
        chosen = tree.get("scene", 0)
        cure = f"scene {chosen} is used; save the object alone"
        warn_input(path, f"{len(scenes)} scenes", "one scene", cure)
    if any("skin" in node for node in tree.get("nodes", [])):
        warn_input(path, "a mesh that moves on a skeleton", "a rigid mesh", "it is used as it is stored")


def _name_materials(tree: dict, path: Path) -> dict[str, MaterialUse]:
    """Give every primitive a material of a name of its own, so that colours come back as they are stored."""
    materials = tree.setdefault("materials", [])
    bare = len(materials)
    uses = {}
    for index, material in enumerate(materials):
        material["name"] = f"material {index}"
        uses[material["name"]] = _use(tree, material)
    materials.append({"name": "bare"})
    uses["bare"] = MaterialUse(False, False, np.eye(2, 3))
    for primitive in _primitives(tree):
        material = materials[primitive.setdefault("material", bare)]
        uv_set = _uv_set(_base_color(material))
        attributes = primitive["attributes"]
        wanted = attributes.get(f"TEXCOORD_{uv_set}")
        for name in [name for name in attributes if name.startswith("TEXCOORD_")]:
            del attributes[name]
        if wanted is not None:
            attributes["TEXCOORD_0"] = wanted
    return uses


def _primitives(tree: dict) -> list[dict]:
    return [primitive for mesh in tree.get("meshes", []) for primitive in mesh["primitives"]]


def _base_color(material: dict) -> dict:
    """The reference to the texture of the base colour, or of the diffuse colour of older exporters."""
    older = material.get("extensions", {}).get("KHR_materials_pbrSpecularGlossiness", {})
    metallic = material.get("pbrMetallicRoughness", {})
    return metallic.get("baseColorTexture") or older.get("diffuseTexture") or {}


def _uv_set(reference: dict) -> int:
    transform = reference.get("extensions", {}).get("KHR_texture_transform", {})
    return int(transform.get("texCoord", reference.get("texCoord", 0)))


def _use(tree: dict, material: dict) -> MaterialUse:
    reference = _base_color(material)
    if not reference:
        return MaterialUse(False, False, np.eye(2, 3))
    texture = tree["textures"][reference["index"]]
    is_ktx = "KHR_texture_basisu" in texture.get("extensions", {})
    transform = reference.get("extensions", {}).get("KHR_texture_transform", {})
    (du, dv), (su, sv) = transform.get("offset", (0, 0)), transform.get("scale", (1, 1))
    cos, sin = np.cos(transform.get("rotation", 0)), np.sin(transform.get("rotation", 0))
    # Counter-clockwise as the picture is seen, with v down: so Blender and three.js turn it.
    uv_from_uv = np.array([[cos * su, sin * sv, du], [-sin * su, cos * sv, dv]], dtype=np.float64)
    return MaterialUse(True, is_ktx, uv_from_uv)
