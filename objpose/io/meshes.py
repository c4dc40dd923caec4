"""Mesh files in and out."""

import os
from pathlib import Path

from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.io.json_file import describe_failure
from objpose.io.mesh_arrays import from_mesh, to_mesh
from objpose.io.ply import read_ply, write_ply

READABLE = (".ply", ".obj", ".glb", ".stl")
WRITABLE = (".ply", ".obj", ".glb")


def read_mesh(path: str | os.PathLike, colors: bool = True) -> Mesh:
    """Read a PLY, OBJ, GLB or STL file as one mesh, in the UNIT OF THE FILE.

    Polygons are cut into triangles, the parts of a GLB scene are put in their places and joined, vertices on
    texture seams are doubled. Textures and vertex colours are kept; a texture that the file names must exist.
    Without `colors`, the texture of a PLY file is left aside, which saves most of the time.

    Raises:
        InputError: missing, malformed or cut-off file, no faces, NaN coordinates, faces that point past the
            vertices, or a missing texture; the message names the file and what it declared.
    """
    path = Path(path)
    _check_suffix(path, READABLE)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(path, describe_failure(path, error), "a mesh file", "check the name") from error
    if path.suffix.lower() == ".ply":
        return to_mesh(read_ply(path, content, colors), path)
    from objpose.io.mesh_scene import read_scene  # trimesh takes longer to import than to read a mesh

    return to_mesh(read_scene(path, content), path)


def write_mesh(path: str | os.PathLike, mesh: Mesh) -> None:
    """Write a mesh as PLY, OBJ or GLB in the unit of its vertices, whole or not at all.

    A texture goes into a GLB, and beside a PLY (`<stem>.png`) or an OBJ (through its .mtl).

    Raises:
        InputError: another suffix, or a folder that cannot be made.
    """
    path = Path(path)
    _check_suffix(path, WRITABLE)
    if path.suffix.lower() == ".ply":
        return write_ply(path, from_mesh(mesh))
    from objpose.io.mesh_scene import write_scene

    return write_scene(path, from_mesh(mesh))


def _check_suffix(path: Path, known: tuple[str, ...]) -> None:
    if path.suffix.lower() not in known:
        raise InputError(
            path, f"the suffix {path.suffix or 'none'!r}", " or ".join(known), "convert the mesh, e.g. to PLY"
        )
