"""A mesh as splats, without any optimisation: flat Gaussians spread evenly over the surface."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.geometry import Mesh
from objpose.raster import Splats
from objpose.splatting.thinning import thinned

OVERSAMPLING = 6  # surface samples a surfel: they are thinned to it, and its colour is their mean
PACKING = 0.8  # distance kept between surfels, of the side of the square that each has for itself
WIDTH = 0.7  # standard deviation along the surface, of that side: wide enough to leave no holes
THICKNESS = 0.1  # standard deviation across the surface, of the width
OPACITY = 0.99
PLAIN_COLOR = 0.5  # of a mesh without colours
SIDES = 2.0  # distances between surfels that a half turn of the normal counts as: thin walls keep both sides


def mesh_splats(mesh: Mesh, count: int = 12_000, seed: int = 0) -> Splats:
    """About `count` surfels of a mesh, with constant colours (G, 3) in [0, 1]; in the mesh's frame and unit.

    Each lies flat on the surface (Zwicker et al.: Surface Splatting, 2001), as wide as the distance to its
    neighbours, and shows the mean colour of the surface around it.

    Raises:
        InputError: a mesh without area.
    """
    samples = mesh.sample_surface(OVERSAMPLING * count, seed)
    side = float(mesh.face_normals()[1].double().sum() / count) ** 0.5
    places = torch.cat([samples.points, samples.normals * (SIDES / 2 * side)], dim=-1).double().numpy()
    kept = thinned(places, PACKING * side)
    colors = samples.colors
    if colors is None:
        colors = torch.full_like(samples.points, PLAIN_COLOR)
    scales = torch.tensor([WIDTH, WIDTH, WIDTH * THICKNESS]) * side
    return Splats(
        means=samples.points[kept],
        wxyz=facing(samples.normals[kept]),
        scales=scales.expand(len(kept), 3).contiguous(),
        opacities=torch.full((len(kept),), OPACITY),
        colors=_means_around(places, kept, colors),
    )


def facing(normals: Tensor) -> Tensor:
    """(N, 4) unit quaternions that turn the z axis onto unit normals (N, 3), the shortest way."""
    x, y, z = normals.unbind(-1)
    wxyz = torch.stack([1 + z, -y, x, torch.zeros_like(x)], dim=-1)
    # Any half turn about an axis across z serves where the normal is -z.
    wxyz = torch.where((z > 1e-6 - 1)[:, None], wxyz, torch.tensor([0.0, 1.0, 0.0, 0.0]))
    return torch.nn.functional.normalize(wxyz, dim=-1)


def _means_around(places: np.ndarray, kept: np.ndarray, colors: Tensor) -> Tensor:
    """(k, 3) mean colour of the samples nearest to each kept one: finer texture is blurred."""
    _, nearest = cKDTree(places[kept]).query(places)
    nearest = torch.from_numpy(nearest)
    total = torch.zeros(len(kept), 3).index_add_(0, nearest, colors)
    return total / torch.bincount(nearest, minlength=len(kept))[:, None]
