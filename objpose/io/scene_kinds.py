"""What STL, DAE and 3MF files say besides triangles: their unit, and colour that trimesh does not read."""

import importlib.util
import io
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.mesh_arrays import MeshArrays

NEEDED = {".dae": "collada", ".3mf": "lxml"}  # modules of the extra `meshes`
CURE = "the file is malformed or cut off: export or fetch it again"
THREEMF_UNITS = {
    "micron": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2, "inch": 0.0254, "foot": 0.3048, "meter": 1.0
}  # fmt: skip
COLLADA_UNIT = re.compile(rb"<unit\b[^>]*\bmeter\s*=\s*[\"']([^\"']+)[\"']")
THREEMF_UNIT = re.compile(rb"<(?:\w+:)?model\b[^>]*\bunit\s*=\s*[\"'](\w+)[\"']")
STL_HEAD, STL_FACE = 84, 50  # bytes
LARGEST_EXPANSION = 100  # of a 3MF archive; real ones pack to a tenth


def check_scene_file(path: Path, content: bytes) -> None:
    """Check what trimesh does not: the reader it needs, cut-off STL, entities, archives that explode.

    Raises:
        InputError: one of these.
    """
    suffix = path.suffix.lower()
    module = NEEDED.get(suffix)
    if module is not None and importlib.util.find_spec(module) is None:
        cure = "pip install 'objpose[meshes]', or convert the mesh to GLB or PLY"
        raise InputError(path, f"a {suffix} file and no {module} to read it", f"the package {module}", cure)
    if suffix == ".dae" and b"<!ENTITY" in content:
        raise InputError(path, "XML entities", "plain COLLADA", "export the file again")
    if suffix == ".3mf":
        _check_archive(path, content)
    if suffix == ".stl":
        _check_stl(path, content)


def declared_unit(path: Path, content: bytes) -> float | None:
    """Metres in the unit of the file, by its own words or by the standard of its format; None if neither."""
    suffix = path.suffix.lower()
    if suffix in (".glb", ".gltf"):
        return 1.0
    if suffix == ".dae":
        found = COLLADA_UNIT.search(content)
        return _positive(path, found[1]) if found else None
    if suffix == ".3mf":
        found = THREEMF_UNIT.search(_model(content))
        return THREEMF_UNITS.get(found[1].decode()) if found else THREEMF_UNITS["millimeter"]
    return None


def warn_of_lost_colors(path: Path, content: bytes, mesh: MeshArrays) -> None:
    """Warn where an STL, DAE or 3MF file holds colour that is not in the mesh."""
    suffix = path.suffix.lower()
    lost = None
    if suffix == ".stl" and _is_binary_stl(content):
        rows = np.frombuffer(content, np.uint8, offset=STL_HEAD)
        if b"COLOR=" in content[:80] or rows.reshape(-1, STL_FACE)[:, -2:].any():
            lost = "colours of faces in an STL file"
    if suffix == ".3mf" and re.search(
        rb"<(?:\w+:)?(?:colorgroup|basematerials|texture2d)\b", _model(content)
    ):
        lost = "colours in a 3MF file"
    if suffix == ".dae" and mesh.texture is None and b"<texture " in content:
        lost = "a texture that is missing or not read"
    if suffix == ".dae" and mesh.vertex_colors is None and mesh.texture is None and b'"COLOR"' in content:
        lost = "colours of vertices in a DAE file"
    if lost is not None:
        warn_input(path, lost, "colour that is read", "export it as GLB, or as PLY with colours, to keep it")


def _check_stl(path: Path, content: bytes) -> None:
    """Text must close what it opens; binary must be as long as it says. trimesh drops what is cut off."""
    if _is_binary_stl(content):
        return
    if content[:5].lower() != b"solid":
        declared = int.from_bytes(content[80:STL_HEAD], "little")
        found = f"{len(content)} bytes that start {content[:8]!r}"
        raise InputError(path, found, f"text, or {STL_HEAD + STL_FACE * declared} bytes as declared", CURE)
    lowered = content.lower()
    opened, closed = len(re.findall(rb"\bfacet\s+normal", lowered)), lowered.count(b"endfacet")
    if opened != closed or b"endsolid" not in lowered[-2000:]:
        raise InputError(path, f"{opened} facets, {closed} of them closed", "a text STL to its end", CURE)


def _is_binary_stl(content: bytes) -> bool:
    declared = int.from_bytes(content[80:STL_HEAD], "little")
    return len(content) >= STL_HEAD and len(content) == STL_HEAD + STL_FACE * declared


def _check_archive(path: Path, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > LARGEST_EXPANSION * len(content):
                raise InputError(path, f"an archive of {size} bytes in {len(content)}", "a 3MF file", CURE)
            damaged = archive.testzip()
            if damaged is not None:
                raise InputError(path, f"a damaged {damaged} in the archive", "a 3MF file", CURE)
        if not _model(content):
            raise InputError(path, "an archive without a model", "a 3MF file", CURE)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(path, f"a damaged archive ({error})", "a 3MF file", CURE) from error


def _model(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if "3d/3dmodel.model" in name.lower()]
        return archive.read(names[0]) if names else b""


def _positive(path: Path, text: bytes) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        found = f"a unit of {text.decode('latin-1')} metres"
        raise InputError(path, found, "a positive number", 'correct it, e.g. meter="0.01" for centimetres')
    return value
