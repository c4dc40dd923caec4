"""The geometric half of a point descriptor: FPFH at two scales.

Rusu, Blodow, Beetz: Fast Point Feature Histograms for 3D Registration, ICRA 2009; the numbers are those that
Open3D gives. A learned descriptor (GeDi) takes this one's place by having the same call.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from objpose.features.neighbours import Neighbours, neighbours
from objpose.features.point_cloud import PointCloud

BINS = 11  # of each of the three angles


@dataclass(frozen=True)
class FPFHDescriptor:
    radii: tuple[float, ...] = (0.10, 0.20)  # of the neighbourhoods, fractions of the object's diameter
    max_neighbours: tuple[int, ...] = (80, 160)  # bounds the time on dense clouds; one per radius

    def __call__(self, cloud: PointCloud, diameter: float) -> Tensor:
        """(N, 33 * scales) descriptors, each scale of unit length; diameter in metres."""
        near = neighbours(cloud.points, max(self.radii) * diameter, max(self.max_neighbours))
        angles = pair_angles(cloud, near.index)
        scales = [
            fpfh(near.within(radius * diameter, count), angles[:, :count])
            for radius, count in zip(self.radii, self.max_neighbours, strict=True)
        ]
        return torch.cat([torch.nn.functional.normalize(scale, dim=-1) for scale in scales], dim=-1)


def fpfh(near: Neighbours, angles: Tensor) -> Tensor:
    """(N, 33) histograms of the `pair_angles` of each point, and of its neighbours', by nearness."""
    others = near.present & (near.squared > 0)
    own = _histograms(angles, others)
    weight = torch.where(others, 1 / near.squared.clamp_min(1e-30), 0.0)
    weight = weight.new_zeros(len(own), len(own)).scatter_add_(1, near.index, weight)
    around = (weight @ own).view(-1, 3, BINS)
    around = 100 * around / around.sum(-1, keepdim=True).clamp_min(1e-30)
    return around.flatten(1) + own


def pair_angles(cloud: PointCloud, index: Tensor) -> Tensor:
    """(N, K, 3) from 0 to 1: the angles of Darboux frames between points and their neighbours (N, K)."""
    normal, other = cloud.normals[:, None].expand(-1, index.shape[1], -1), cloud.normals[index]
    line = torch.nn.functional.normalize(cloud.points[index] - cloud.points[:, None], dim=-1)
    here, there = (normal * line).sum(-1, keepdim=True), (other * line).sum(-1, keepdim=True)
    # The frame stands on the point whose normal lies closer to the line.
    swapped = here.abs() < there.abs()
    u, far = torch.where(swapped, other, normal), torch.where(swapped, normal, other)
    line, slope = torch.where(swapped, -line, line), torch.where(swapped, -there, here)
    v = torch.nn.functional.normalize(torch.linalg.cross(line, u), dim=-1)
    turn = torch.atan2((torch.linalg.cross(u, v) * far).sum(-1), (u * far).sum(-1))
    tilt = (v * far).sum(-1)
    return torch.stack([turn / (2 * math.pi) + 0.5, tilt / 2 + 0.5, slope[..., 0] / 2 + 0.5], dim=-1)


def _histograms(angles: Tensor, counted: Tensor) -> Tensor:
    """(N, 33) per cent of the neighbours counted (N, K) in the bins of each of angles (N, K, 3)."""
    place = (angles * BINS).floor().long().clamp(0, BINS - 1) + BINS * torch.arange(3)
    share = counted * 100 / counted.sum(1, keepdim=True).clamp_min(1)
    bins = angles.new_zeros(len(angles), 3 * BINS)
    return bins.scatter_add_(1, place.flatten(1), share[..., None].expand(-1, -1, 3).flatten(1))
