"""Points with normals and, where there is one, colour: what point descriptors describe."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.features.neighbours import neighbours
from objpose.geometry import on_device

MAX_NEIGHBOURS = 30  # of a normal's plane fit; more only smooths


@dataclass(frozen=True, eq=False)
class PointCloud:
    points: Tensor  # (N, 3) metres
    normals: Tensor  # (N, 3) unit, outward
    colors: Tensor | None = None  # (N, 3) in [0, 1]

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, index: Tensor) -> PointCloud:
        colors = None if self.colors is None else self.colors[index]
        return PointCloud(self.points[index], self.normals[index], colors)

    def to(self, device: torch.device) -> PointCloud:
        return on_device(self, device)

    def subset(self, count: int, generator: torch.Generator) -> PointCloud:
        """At most `count` of the points, drawn without replacement; on the host, where generators are."""
        return self[torch.randperm(len(self), generator=generator)[:count]]


def voxel_cloud(points: Tensor, voxel: float, normals: Tensor | None, colors: Tensor | None) -> PointCloud:
    """One averaged point per voxel of `voxel` metres, of points (N, 3), N >= 1.

    Without normals they are fitted to the neighbours within 2.5 voxels and turned to the camera at the
    origin.
    """
    place = ((points - points.amin(0)) / voxel + 0.5).floor().long()
    sides = place.amax(0) + 1
    number = (place[:, 2] * sides[1] + place[:, 1]) * sides[0] + place[:, 0]
    _, owner, count = number.unique(return_inverse=True, return_counts=True)

    def mean(rows: Tensor) -> Tensor:
        sums = rows.new_zeros(len(count), 3, dtype=torch.float64).index_add_(0, owner, rows.double())
        return (sums / count[:, None]).float()

    means = mean(points)
    normals = _fitted_normals(means, 2.5 * voxel) if normals is None else mean(normals)
    unit = torch.nn.functional.normalize(normals, dim=-1)
    return PointCloud(means, unit, None if colors is None else mean(colors))


def _fitted_normals(points: Tensor, radius: float) -> Tensor:
    """(N, 3) normals of the planes through the neighbours within a radius, towards the origin."""
    near = neighbours(points, radius, MAX_NEIGHBOURS)
    share = near.present / near.present.sum(1, keepdim=True)
    around = (points[near.rows] - points[:, None]).double()
    around = around - (around * share[..., None]).sum(1, keepdim=True)
    spread = (around * share[..., None]).mT @ around
    normals = torch.linalg.eigh(spread).eigenvectors[..., 0].float()
    return torch.where((normals * points).sum(-1, keepdim=True) > 0, -normals, normals)
