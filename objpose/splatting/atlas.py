"""Texture coordinates for a mesh that has none: charts along the axes, packed into one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from objpose.geometry import Mesh

GUTTER = 3  # texels kept free around a chart: mip levels mix neighbours
ROUNDS = 6  # in which faces join the charts of their neighbours
PULL = 0.25  # of all three neighbours on a face's choice of axis, as a cosine: fewer and larger charts
SPARE = 1.15  # of the charts' area, for the picture's side: shelves leave gaps


@dataclass(frozen=True, eq=False)
class Atlas:
    """A mesh cut along the borders of its charts."""

    vertices: Tensor  # (V', 3) metres; a vertex of several charts comes once for each
    faces: Tensor  # (F, 3)
    texels: Tensor  # (V', 2) column and row of the vertex in the picture, texel centres at integers
    width: int
    height: int

    def textured(self, texture: Tensor) -> Mesh:
        """The mesh with its picture (height, width, 3) uint8."""
        size = torch.tensor([self.width, self.height])
        uvs = (self.texels + 0.5) / size
        return Mesh(
            self.vertices, self.faces, uvs=torch.stack([uvs[:, 0], 1 - uvs[:, 1]], 1), texture=texture
        )


def chart_atlas(mesh: Mesh, texel: float) -> Atlas:
    """Cut a mesh into charts, each projected along the axis that it faces; `texel` in the mesh's unit.

    Faces beside each other that face the same of the six axis directions form a chart: a projection shrinks
    them by half at most. A chart that winds above itself shows its layers the same colours.
    """
    axes, charts = _charts(mesh)
    corners = torch.stack([charts[:, None].expand(-1, 3), mesh.faces], dim=-1).reshape(-1, 2)
    places, index = torch.unique(corners, dim=0, return_inverse=True)
    vertices = mesh.vertices[places[:, 1]]
    axis_of_chart = torch.zeros(int(charts.max()) + 1, dtype=torch.long).index_put((charts,), axes)
    across = torch.tensor([[1, 2], [2, 0], [0, 1]])[axis_of_chart[places[:, 0]]]
    flat = vertices.gather(1, across) / texel
    low, high = (_extreme(flat, places[:, 0], reduce) for reduce in ("amin", "amax"))
    sizes = (high - low).ceil().long() + 1 + 2 * GUTTER
    corner, width, height = _packed(sizes.numpy())
    texels = flat - low[places[:, 0]] + GUTTER + torch.from_numpy(corner)[places[:, 0]]
    return Atlas(vertices, index.reshape(-1, 3), texels.float(), width, height)


def _charts(mesh: Mesh) -> tuple[Tensor, Tensor]:
    """(F,) axis 0 to 2 that each face is projected along, and (F,) its chart."""
    normals = mesh.face_normals()[0]
    cosines = torch.cat([normals, -normals], dim=1)
    first, second = _neighbours(mesh.faces)
    label = cosines.argmax(1)
    for _ in range(ROUNDS):
        votes = torch.zeros_like(cosines)
        votes.index_put_((first, label[second]), torch.tensor(PULL / 3), accumulate=True)
        votes.index_put_((second, label[first]), torch.tensor(PULL / 3), accumulate=True)
        label = (cosines + votes).argmax(1)
    same = label[first] == label[second]
    pair = (first[same].numpy(), second[same].numpy())
    graph = coo_array((np.ones(len(pair[0])), pair), shape=(len(label), len(label)))
    return label % 3, torch.from_numpy(connected_components(graph, directed=False)[1]).long()


def _neighbours(faces: Tensor) -> tuple[Tensor, Tensor]:
    """Pairs of faces that share an edge."""
    edges = faces[:, [[0, 1], [1, 2], [2, 0]]].sort(-1).values.reshape(-1, 2)
    key = edges[:, 0] * (int(faces.max()) + 1) + edges[:, 1]
    order = key.argsort(stable=True)
    meets = key[order][1:] == key[order][:-1]
    return order[:-1][meets] // 3, order[1:][meets] // 3


def _extreme(values: Tensor, group: Tensor, reduce: str) -> Tensor:
    """(groups, 2) least or largest of values (N, 2) in each group."""
    out = values.new_zeros(int(group.max()) + 1, 2)
    return out.scatter_reduce(0, group[:, None].expand(-1, 2), values, reduce, include_self=False)


def _packed(sizes: np.ndarray) -> tuple[np.ndarray, int, int]:
    """(C, 2) column and row of each box (C, 2) on shelves, tallest first; width and height of the whole."""
    width = max(int(SPARE * np.sqrt(sizes.prod(1).sum())), int(sizes[:, 0].max()))
    corner = np.zeros_like(sizes)
    column = row = shelf = 0
    for chart in np.argsort(-sizes[:, 1], kind="stable"):
        if column + sizes[chart, 0] > width:
            column, row, shelf = 0, row + shelf, 0
        corner[chart] = column, row
        column += sizes[chart, 0]
        shelf = max(shelf, int(sizes[chart, 1]))
    return corner, width, row + shelf
