"""Splats in files: the PLY of 3D Gaussian Splatting."""

from __future__ import annotations

import os

import torch

from objpose.io.splat_ply import SplatArrays, read_splat_ply, write_splat_ply
from objpose.raster import Splats, with_degree


def save_splats(path: str | os.PathLike, splats: Splats) -> None:
    """Write splats with RGB colours or harmonics, whole or not at all; constant colours as degree 0."""
    sh = splats.sh if splats.sh is not None else with_degree(splats, 0)
    wxyz = torch.nn.functional.normalize(splats.wxyz, dim=-1)
    tensors = (splats.means, wxyz, splats.scales, splats.opacities, sh)
    write_splat_ply(path, SplatArrays(*(tensor.detach().cpu().numpy() for tensor in tensors)))


def load_splats(path: str | os.PathLike) -> Splats:
    """Read splats with their harmonics; the file must be in metres to serve poses in metres.

    Raises:
        InputError: what is not a PLY of splats; see `objpose.io.splat_ply`.
    """
    arrays = read_splat_ply(path)
    given = (arrays.means, arrays.wxyz, arrays.scales, arrays.opacities, arrays.sh)
    means, wxyz, scales, opacities, sh = map(torch.from_numpy, given)
    return Splats(means, wxyz, scales, opacities, sh=sh)
