"""Meshes of other libraries, held in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.geometry import Mesh
from objpose.io.meshes import read_mesh


def mesh_of(value: object) -> Mesh | None:
    """The mesh of a trimesh.Trimesh or trimesh.Scene, or of Open3D's TriangleMesh; None for anything else.

    Neither library is imported for it.

    Raises:
        InputError: one without a surface.
    """
    library = type(value).__module__.split(".")[0]
    if library == "trimesh" and hasattr(value, "export"):
        return _of_trimesh(value)
    if library == "open3d" and hasattr(value, "triangles"):
        return _of_open3d(value)
    return None


def _of_trimesh(value: Any) -> Mesh:
    """By way of a file, as which it is read like any other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mesh.glb"
        try:
            value.export(path)
            return read_mesh(path)
        except InputError as error:
            raise InputError("trimesh mesh", error.found, error.expected, error.cure) from error
        except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
            found = f"one that cannot be exported ({error})"
            raise InputError("trimesh mesh", found, "a surface of triangles", "give its file") from error


def _of_open3d(value: Any) -> Mesh:
    colors = np.asarray(value.vertex_colors) if value.has_vertex_colors() else None
    if value.has_textures():
        cure = "give its file, which is read with its texture"
        warn_input("Open3D mesh", "a texture, which is left aside", "colours of vertices", cure)
    return Mesh(np.array(value.vertices), np.array(value.triangles).astype(np.int64), vertex_colors=colors)
