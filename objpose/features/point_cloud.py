"""Points with normals and, where there is one, colour: what point descriptors describe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

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

    def subset(self, count: int, generator: torch.Generator) -> PointCloud:
        """At most `count` of the points, drawn without replacement."""
        return self[torch.randperm(len(self), generator=generator)[:count]]

    def to_open3d(self):
        import open3d as o3d

        cloud = o3d.geometry.PointCloud(_vectors(self.points))
        cloud.normals = _vectors(self.normals)
        if self.colors is not None:
            cloud.colors = _vectors(self.colors)
        return cloud


def voxel_cloud(points: Tensor, voxel: float, normals: Tensor | None, colors: Tensor | None) -> PointCloud:
    """One averaged point per voxel of `voxel` metres.

    Without normals they are fitted to the neighbours within 2.5 voxels and turned to the camera at the
    origin.
    """
    import open3d as o3d

    cloud = o3d.geometry.PointCloud(_vectors(points))
    if normals is not None:
        cloud.normals = _vectors(normals)
    if colors is not None:
        cloud.colors = _vectors(colors)
    cloud = cloud.voxel_down_sample(voxel)
    if normals is None:
        cloud.estimate_normals(
            o3d.geometry.KDTreeSearchParamHybrid(radius=2.5 * voxel, max_nn=MAX_NEIGHBOURS)
        )
        cloud.orient_normals_towards_camera_location(np.zeros(3))
    unit = torch.nn.functional.normalize(_tensor(cloud.normals), dim=-1)
    return PointCloud(_tensor(cloud.points), unit, None if colors is None else _tensor(cloud.colors))


def _vectors(rows: Tensor):
    import open3d as o3d

    return o3d.utility.Vector3dVector(rows.detach().cpu().double().numpy())


def _tensor(vectors) -> Tensor:
    return torch.from_numpy(np.asarray(vectors).astype(np.float32))
