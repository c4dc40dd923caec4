"""The geometric half of a point descriptor: FPFH at two scales.

Rusu, Blodow, Beetz: Fast Point Feature Histograms for 3D Registration, ICRA 2009. A learned descriptor (GeDi)
takes this one's place by having the same call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from objpose.features.point_cloud import PointCloud


@dataclass(frozen=True)
class FPFHDescriptor:
    radii: tuple[float, ...] = (0.10, 0.20)  # of the neighbourhoods, fractions of the object's diameter
    max_neighbours: tuple[int, ...] = (80, 160)  # bounds the time on dense clouds; one per radius

    def __call__(self, cloud: PointCloud, diameter: float) -> Tensor:
        """(N, 33 * scales) descriptors, each scale of unit length; diameter in metres."""
        import open3d as o3d

        points = cloud.to_open3d()
        scales = []
        for radius, count in zip(self.radii, self.max_neighbours, strict=True):
            search = o3d.geometry.KDTreeSearchParamHybrid(radius=radius * diameter, max_nn=count)
            histogram = o3d.pipelines.registration.compute_fpfh_feature(points, search).data
            scales.append(torch.from_numpy(np.ascontiguousarray(histogram.T, dtype=np.float32)))
        return torch.cat([torch.nn.functional.normalize(scale, dim=-1) for scale in scales], dim=-1)
