"""How much of the sky each place of a surface sees past the object itself: inside a cup it is little."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.weak import WeakIdKeyDictionary

from objpose.geometry import Mesh
from objpose.geometry.devices import constant
from objpose.raster import rasterize

DIRECTIONS = 40
GOLDEN = math.pi * (3 - math.sqrt(5))
SIZE = 160  # pixels of a view from each direction
AWAY = 12.0  # diameters
LIFTED, WITHIN = 0.02, 0.01  # diameters: points above the surface, and how far behind it they may seem to lie
NEAR = 0.02  # diameters

_known = WeakIdKeyDictionary()  # of meshes that live, by their vertices


def openness(mesh: Mesh) -> Tensor:
    """(V, 1) in [0, 1] of a mesh on the host: the share, by their slant, of directions that nothing hides."""
    if mesh.vertices not in _known:
        _known[mesh.vertices] = _openness(mesh)
    return _known[mesh.vertices]


def _openness(mesh: Mesh) -> Tensor:
    vertices = (mesh.vertices - mesh.bounds().mean(0)) / mesh.diameter()
    normals, directions = mesh.vertex_normals(), evenly(DIRECTIONS)
    slant = (directions @ normals.mT).clamp_min(0.0)
    is_open = reached(vertices, mesh.corners, normals, directions)
    return ((is_open * slant).sum(0) / slant.sum(0).clamp_min(1e-6))[:, None]


def reached(vertices: Tensor, faces: Tensor, normals: Tensor, directions: Tensor) -> Tensor:
    """(D, V) bool: nothing of a mesh stands between its vertices (V, 3) and what lies far off in directions.

    In diameters, about the mesh's middle; faces: (F, 3); normals: (V, 3) outward; directions: (D, 3) unit.
    """
    count, place = len(directions), constant((0.0, 0.0, AWAY), vertices)
    rotation = _looking_along(-directions)
    poses = torch.cat([rotation, place.expand(count, 3)[..., None]], -1).double()
    focal, middle = 0.9 * SIZE * (AWAY - 0.5), (SIZE - 1) / 2
    K = torch.tensor([[focal, 0, middle], [0, focal, middle], [0, 0, 1]], dtype=torch.float64)
    views = poses, K.expand(count, 3, 3), SIZE, SIZE
    depth = rasterize(vertices, faces, *views, near=NEAR, depth_only=True).depth
    points = torch.einsum("dij,vj->dvi", rotation, vertices + LIFTED * normals) + place
    grid = (2 * focal / SIZE * points[..., :2] / points[..., 2:])[:, None]
    nearest = functional.grid_sample(depth[:, None], grid, "nearest", "border", align_corners=False)[:, 0, 0]
    return (nearest == 0) | (points[..., 2] < nearest + WITHIN)


def evenly(count: int) -> Tensor:
    """(count, 3) unit directions, spread evenly."""
    index = torch.arange(count)
    z = 1 - (2 * index + 1) / count
    aside = (1 - z.square()).sqrt()
    return torch.stack([aside * (GOLDEN * index).cos(), aside * (GOLDEN * index).sin(), z], -1)


def _looking_along(z: Tensor) -> Tensor:
    """(N, 3, 3) rotations whose third rows are the directions (N, 3)."""
    aside = torch.where(z[:, :1].abs() < 0.9, constant((1.0, 0.0, 0.0), z), constant((0.0, 1.0, 0.0), z))
    x = functional.normalize(torch.linalg.cross(aside, z), dim=-1)
    return torch.stack([x, torch.linalg.cross(z, x), z], 1)
