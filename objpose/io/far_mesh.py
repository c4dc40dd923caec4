"""Meshes far from the origin of their coordinates (UTM, a building's corner), centred before float32."""

from dataclasses import replace

import numpy as np

from objpose.errors import warn_input
from objpose.io.mesh_arrays import MeshArrays

FAR = 100.0  # extents off the origin: float32 then holds 17 bits of the extent, and of turns about it
BLURRED = 1e-3  # of the extent: steps of single precision in the file that show


def centred(mesh: MeshArrays, subject: object) -> tuple[MeshArrays, np.ndarray]:
    """(the mesh about its own centre, that centre (3,) float64), where it lies far off; else (mesh, zeros).

    A file that already rounded such coordinates to single precision is warned of.
    """
    is_used = np.zeros(len(mesh.vertices), dtype=bool)
    is_used[mesh.faces] = True
    used = mesh.vertices[is_used].astype(np.float64)
    low, high = used.min(axis=0), used.max(axis=0)
    extent, centre = (high - low).max(), low / 2 + high / 2
    if not 0 < FAR * extent < np.abs(centre).max():
        return mesh, np.zeros(3)
    step = float(np.spacing(np.abs(used).max().astype(np.float32)))
    if step > BLURRED * extent and np.array_equal(used.astype(np.float32), used):
        found = (
            f"single precision {np.linalg.norm(centre):.6g} units away from the origin: steps of {step:.3g}"
        )
        cure = "the shape is used as blurred as it is; export in double precision, or centred"
        warn_input(subject, found, f"a shape of {extent:.4g} units in finer steps", cure)
    return replace(mesh, vertices=mesh.vertices - centre), centre
