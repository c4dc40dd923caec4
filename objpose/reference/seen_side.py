"""The side of an object that one view shows, as a mesh: the hidden back is left open, as nobody knows it."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from objpose.errors import InputError
from objpose.geometry import Mesh
from objpose.reference.look import Look
from objpose.reference.relief import HOLES

CELLS = 96  # of the grid of vertices along a side of the view
STEP = 0.15  # of the thing's half width: neighbours that differ more in depth lie on two surfaces
LEAST = 30  # vertices that make a surface
BORDER = 1.5  # pixels of the photo along the outline, whose depth and colour are of both sides


def seen_mesh(look: Look, depth: np.ndarray) -> Mesh:
    """The surface at depths (S, S) of a view, 0 where nothing is known, textured by it; open at its outline.

    In the axes of the view, lengths in the depth's unit.

    Raises:
        InputError: hardly any depth under the mask.
    """
    inner = ndimage.distance_transform_edt(look.mask) > BORDER * look.scale
    smooth = _filled(depth, inner, 0.5 * look.scale)
    step = max(look.size / CELLS, 1.0)
    at = np.arange(0, look.size, step)
    column, row = (one.ravel() for one in np.meshgrid(at, at))
    near_row, near_column = (np.round(one).astype(int).clip(0, look.size - 1) for one in (row, column))
    z = smooth[near_row, near_column]
    rays = look.rays(np.stack([column, row], axis=1))
    vertices = np.concatenate([rays * z[:, None], z[:, None]], axis=1)
    middle = float(np.median(z[z > 0])) if (z > 0).any() else 0.0
    faces = _faces(z.reshape(len(at), len(at)), STEP * look.radius * middle)
    used, faces = np.unique(faces, return_inverse=True)
    if len(used) < LEAST:
        expected, cure = "depth on most of the object", "check that depth and mask fit together"
        raise InputError("reference", f"{len(used)} places with depth under the mask", expected, cure)
    uvs = np.stack([(column + 0.5) / look.size, 1 - (row + 0.5) / look.size], axis=1)[used]
    return Mesh(
        torch.from_numpy(vertices[used]).float(),
        torch.from_numpy(faces.reshape(-1, 3)),
        uvs=torch.from_numpy(uvs).float(),
        texture=torch.from_numpy(look.rgb.copy()),
    )


def _filled(depth: np.ndarray, inner: np.ndarray, blur: float) -> np.ndarray:
    """(S, S) depth with small holes filled from beside and noise averaged; 0 outside of `inner`."""
    is_known = (depth > 0) & inner
    if not is_known.any():
        return np.zeros_like(depth)
    far, (row, column) = ndimage.distance_transform_edt(~is_known, return_indices=True)
    whole = ndimage.median_filter(depth[row, column], size=2 * int(np.ceil(blur)) + 1)
    return np.where(inner & (far <= HOLES), whole, 0.0)


def _faces(z: np.ndarray, step: float) -> np.ndarray:
    """(F, 3) of a grid (R, C) of depths, two a cell, none across jumps or holes; front to the camera."""
    number = np.arange(z.size).reshape(z.shape)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    faces = np.concatenate([np.stack(corners, axis=-1).reshape(-1, 3) for corners in ((a, c, b), (b, c, d))])
    depth = z.ravel()[faces]
    return faces[(depth.min(1) > 0) & (np.ptp(depth, axis=1) < step)]
