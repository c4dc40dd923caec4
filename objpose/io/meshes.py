"""Mesh files in and out."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.io.far_mesh import centred
from objpose.io.json_file import describe_failure
from objpose.io.mesh_arrays import MeshArrays, check_arrays, from_mesh, to_mesh
from objpose.io.mesh_kinds import READABLE, WRITABLE, check_content, check_suffix
from objpose.io.obj import read_obj
from objpose.io.off import read_off
from objpose.io.ply import read_ply, write_ply


@dataclass(frozen=True, eq=False)
class MeshFile:
    """A mesh file as read: what the file says of a point is `mesh.vertices + origin`, in its own unit."""

    mesh: Mesh
    origin: np.ndarray  # (3,) float64, zero unless the mesh lies so far off that float32 would blur it
    metres_per_unit: float | None  # by the file or the standard of its format; None where neither tells


def read_mesh(path: str | os.PathLike, colors: bool = True) -> Mesh:
    """Read a mesh file as one mesh, in the UNIT OF THE FILE.

    PLY, OBJ, STL, GLB, glTF and OFF; DAE and 3MF with the extra `meshes`. Polygons are cut into triangles,
    the parts of a scene are put in their places and joined, vertices on texture seams are doubled. Textures
    and the colours of vertices, faces and materials are kept; an InputWarning says what of them is lost.
    Without `colors`, those of a PLY, OBJ or OFF file are left aside, which saves most of the time.

    Raises:
        InputError: another kind of file, a missing, malformed or cut-off one, no faces, NaN coordinates,
            faces that point past the vertices, or coordinates too far from the origin for float32.
    """
    read = read_mesh_file(path, colors)
    if read.origin.any():
        found = f"a mesh {np.linalg.norm(read.origin):.6g} units away from its origin"
        cure = "onboard the file, which centres it, or move the mesh to its origin"
        raise InputError(path, found, "coordinates that single precision holds", cure)
    return read.mesh


def read_mesh_file(path: str | os.PathLike, colors: bool = True) -> MeshFile:
    """Read a mesh file as `read_mesh` does, with what the file says of its unit; far meshes are centred."""
    path = Path(path)
    check_suffix(path, READABLE)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(path, describe_failure(path, error), "a mesh file", "check the name") from error
    check_content(path, content)
    arrays, metres_per_unit = _read(path, content, colors)
    check_arrays(arrays, path)
    arrays, origin = centred(arrays, path)
    return MeshFile(to_mesh(arrays, path), origin, metres_per_unit)


def centred_mesh(mesh: Mesh, name: str) -> MeshFile:
    """A mesh that is no file's as `read_mesh_file` gives one: about its own centre where it lies far off."""
    arrays, origin = centred(from_mesh(mesh), name)
    return MeshFile(to_mesh(arrays, name) if origin.any() else mesh, origin, None)


def _read(path: Path, content: bytes, colors: bool) -> tuple[MeshArrays, float | None]:
    readers = {".ply": read_ply, ".obj": read_obj, ".off": read_off}
    suffix = path.suffix.lower()
    if suffix in readers:
        return readers[suffix](path, content, colors), None
    from objpose.io.mesh_scene import read_scene  # trimesh takes longer to import than to read a mesh

    return read_scene(path, content)


def write_mesh(path: str | os.PathLike, mesh: Mesh) -> None:
    """Write a mesh as PLY, OBJ or GLB in the unit of its vertices, whole or not at all.

    A texture goes into a GLB, and beside a PLY (`<stem>.png`) or an OBJ (through its .mtl).

    Raises:
        InputError: another suffix, or a folder that cannot be made.
    """
    path = Path(path)
    check_suffix(path, WRITABLE)
    if path.suffix.lower() == ".ply":
        return write_ply(path, from_mesh(mesh))
    from objpose.io.mesh_scene import write_scene

    return write_scene(path, from_mesh(mesh))
