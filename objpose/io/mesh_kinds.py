"""Kinds of files that hold meshes: those that are read, and how to convert the others."""

from __future__ import annotations

from pathlib import Path

from objpose.errors import InputError

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
STARTS = {
    b"version https://git-lfs": ("a Git LFS pointer in place of the file", "fetch the file: git lfs pull"),
    b"<!DOCTYPE html": ("a web page", "download the file itself"),
    b"<html": ("a web page", "download the file itself"),
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
    kind, cure = KNOWN_OTHERS.get(suffix, ("", "convert the mesh, e.g. to PLY"))
    if path.is_dir():
        raise InputError(path, "a folder", "a mesh file", "name the mesh in it")
    found = (f"the suffix {suffix!r}" if suffix else "a name without suffix") + (f", {kind}" if kind else "")
    raise InputError(path, found, " or ".join(known), cure)


def check_content(path: Path, content: bytes) -> None:
    """Raises InputError for what stands in place of a file when it was not fetched or unpacked."""
    if not content:
        raise InputError(path, "an empty file", "a mesh", "export or fetch it again")
    for start, (kind, cure) in STARTS.items():
        if content.startswith(start):
            raise InputError(path, kind, f"a {path.suffix} mesh", cure)
    suffix = next((suffix for start, suffix in KINDS.items() if content.startswith(start)), path.suffix)
    if suffix.lower() != path.suffix.lower():
        found = f"the content of a {suffix} file under the suffix {path.suffix}"
        raise InputError(path, found, "one kind", f"rename it to {path.stem}{suffix}")
    if content.startswith(b"PK\x03\x04") and path.suffix.lower() != ".3mf":
        raise InputError(path, "a zip archive", f"a {path.suffix} mesh", "unpack it and name the mesh in it")
