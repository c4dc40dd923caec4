"""The points of triangles that are nearest to given points."""

from __future__ import annotations

import torch
from torch import Tensor


def closest_on_triangles(points: Tensor, corners: Tensor) -> Tensor:
    """(*, 3) barycentric weights of the nearest points of triangles (*, 3, 3) to points (*, 3).

    Ericson (Real-Time Collision Detection, 2005, 5.1.5), all cases at once: the plane's point where it is
    inside, else the nearest of the three edges'.
    """
    a, b, c = corners.unbind(-2)
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    d20, d21 = (ap * ab).sum(-1), (ap * ac).sum(-1)
    area = (d00 * d11 - d01 * d01).clamp_min(1e-20)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    plane = torch.stack([1 - v - w, v, w], -1)
    on_ab = (d20 / d00.clamp_min(1e-20)).clamp(0, 1)
    on_ac = (d21 / d11.clamp_min(1e-20)).clamp(0, 1)
    bc = c - b
    on_bc = (((points - b) * bc).sum(-1) / (bc * bc).sum(-1).clamp_min(1e-20)).clamp(0, 1)
    none = torch.zeros_like(v)
    edges = torch.stack(
        [
            torch.stack([1 - on_ab, on_ab, none], -1),
            torch.stack([1 - on_ac, none, on_ac], -1),
            torch.stack([none, 1 - on_bc, on_bc], -1),
        ],
        -2,
    )
    spots = edges @ corners
    nearest = (spots - points[..., None, :]).square().sum(-1).argmin(-1)
    edge = edges.gather(-2, nearest[..., None, None].expand(*nearest.shape, 1, 3))[..., 0, :]
    is_inside = (plane >= 0).all(-1, keepdim=True)
    return torch.where(is_inside, plane, edge)
