"""Kinds of files that hold meshes: those that are read, and how to convert the others."""

from __future__ import annotations

from pathlib import Path

from objpose.errors import InputError
from objpose.io.impostors import impostor

READABLE = (".ply", ".obj", ".glb", ".gltf", ".stl", ".off", ".dae", ".3mf")
WRITABLE = (".ply", ".obj", ".glb")

FROM_BLENDER = "open it in Blender and export GLB"
FROM_CAD = "mesh it in FreeCAD, or by `gmsh -2 -format stl FILE`, and onboard the STL with --units mm"
FROM_CLOUD = "mesh the points first, e.g. by Poisson reconstruction in MeshLab or Open3D, and save PLY"
KNOWN_OTHERS = {
    **dict.fromkeys((".fbx", ".blend", ".x3d", ".wrl", ".abc"), ("a scene", FROM_BLENDER)),
    **dict.fromkeys((".usd", ".usda", ".usdc", ".usdz"), ("a USD scene", FROM_BLENDER)),
    **dict.fromkeys((".max", ".c4d", ".ma", ".skp"), ("a scene", "export GLB from its program")),
    **dict.fromkeys((".step", ".stp", ".iges", ".igs", ".brep"), ("CAD solids, not triangles", FROM_CAD)),
    **dict.fromkeys((".sldprt", ".ipt", ".3dm", ".dwg"), ("CAD solids", "export STL from its program")),
    **dict.fromkeys((".pcd", ".xyz", ".pts", ".las", ".laz"), ("a point cloud", FROM_CLOUD)),
    **dict.fromkeys((".splat", ".spz", ".ksplat"), ("Gaussian splats", "onboard the views of them")),
    **dict.fromkeys((".zip", ".gz", ".rar", ".7z", ".tar"), ("an archive", "unpack it, name the mesh")),
}  # fmt: skip
PACKED = {
    b"\x1f\x8b": ("a gzip archive", "unpack it: gunzip"),
    b"Rar!": ("an archive", "unpack it"),
}
# What the kinds begin with; texts of OBJ and STL may begin with anything.
KINDS = {
    b"ply\n": ".ply",
    b"ply\r": ".ply",
    b"glTF": ".glb",
    b"OFF": ".off",
    b"mtllib ": ".obj",
    b"solid ": ".stl",
}


def check_suffix(path: Path, known: tuple[str, ...]) -> None:
    """Raises InputError, with the way to convert it, for a file whose suffix is not among the known."""
    suffix = path.suffix.lower()
    if suffix in known:
        return
    if known is READABLE and (path.is_dir() or not path.exists()):
        raise InputError(path, *_no_file(path))
    kind, cure = KNOWN_OTHERS.get(suffix, ("", "convert the mesh, e.g. to PLY"))
    found = (f"the suffix {suffix!r}" if suffix else "a name without suffix") + (f", {kind}" if kind else "")
    raise InputError(path, found, " or ".join(known), cure)


def _no_file(path: Path) -> tuple[str, str, str]:
    """Found, expected and the cure of what is no file at all."""
    if not path.is_dir():
        return "no such file", "a mesh file", "check the name"
    meshes = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in READABLE)
    if meshes:
        return "a folder of meshes", "a mesh file", f"give {' or '.join(map(str, meshes[:3]))}"
    return f"a folder without a mesh ({len(list(path.iterdir()))} files)", "a mesh file", "check the name"


def check_content(path: Path, content: bytes) -> None:
    """Raises InputError for what stands in place of a file when it was not fetched or unpacked."""
    if not content:
        raise InputError(path, "an empty file", "a mesh", "export or fetch it again")
    packed = next((reason for start, reason in PACKED.items() if content.startswith(start)), None)
    if reason := packed or impostor(content):
        raise InputError(path, reason[0], f"a {path.suffix} mesh", reason[1])
    suffix = next((suffix for start, suffix in KINDS.items() if content.startswith(start)), path.suffix)
    if suffix.lower() != path.suffix.lower():
        found = f"the content of a {suffix} file under the suffix {path.suffix}"
        raise InputError(path, found, "one kind", f"rename it to {path.stem}{suffix}")
    if content.startswith(b"PK\x03\x04") and path.suffix.lower() != ".3mf":
        raise InputError(path, "a zip archive", f"a {path.suffix} mesh", "unpack it and name the mesh in it")
