"""Splats in files: the PLY of 3D Gaussian Splatting, and what is kept beside the object they were made of."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch

from objpose.io.splat_ply import SplatArrays, read_splat_ply, write_splat_ply
from objpose.onboarding.kept_arrays import keep, read_kept
from objpose.raster import Splats, with_degree

MADE = "splats-of-mesh.safetensors"  # not a PLY: its numbers come back to the last bit


def save_splats(path: str | os.PathLike, splats: Splats) -> None:
    """Write splats with RGB colours or harmonics, whole or not at all; constant colours as degree 0."""
    sh = splats.sh if splats.sh is not None else with_degree(splats, 0)
    wxyz = torch.nn.functional.normalize(splats.wxyz, dim=-1)
    tensors = (splats.means, wxyz, splats.scales, splats.opacities, sh)
    write_splat_ply(path, SplatArrays(*(tensor.detach().cpu().numpy() for tensor in tensors)))


def load_splats(path: str | os.PathLike) -> Splats:
    """Read splats with their harmonics; the file must be in metres to serve poses in metres.

    Raises InputError for what is not a PLY of splats; see `objpose.io.splat_ply`.
    """
    arrays = read_splat_ply(path)
    tensors = (arrays.means, arrays.wxyz, arrays.scales, arrays.opacities)
    return Splats(*(torch.from_numpy(values) for values in tensors), sh=torch.from_numpy(arrays.sh))


def stored_splats(folder: Path | None, made_with: str, make: Callable[[], Splats]) -> Splats:
    """Splats that `make` gives, from the object's folder, or made now and kept there.

    made_with: what they depend on; a file of another kind or a damaged one is made anew. A folder that cannot
    be written is left alone.
    """
    if folder is None:
        return make()
    path = folder / MADE
    found = read_kept(path, made_with)
    if found is not None:
        return Splats(**found)
    made = make()
    keep(path, made_with, {name: value.detach().contiguous() for name, value in made.tensors().items()})
    return made
