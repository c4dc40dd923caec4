"""Plain-torch twins of the ops, under the same names: the oracle, and what runs where no core can."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.raster.twin.rasterize import rasterize

__all__ = ["face_normals", "interpolate", "interpolate_adjoint", "rasterize", "sample_texture"]


def interpolate(attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor) -> Tensor:
    out = attributes.new_zeros((*face_ids.shape, attributes.shape[1]))
    covered = face_ids >= 0
    corners = attributes[faces[face_ids[covered].long()].long()]  # (M, 3, C)
    out[covered] = (_weights(bary[covered])[..., None] * corners).sum(1)
    return out


def interpolate_adjoint(
    attributes: Tensor, faces: Tensor, face_ids: Tensor, bary: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor]:
    grad_attributes, grad_bary = attributes.new_zeros(attributes.shape), bary.new_zeros(bary.shape)
    covered = face_ids >= 0
    corner_ids = faces[face_ids[covered].long()].long()  # (M, 3)
    per_corner = _weights(bary[covered])[..., None] * grad[covered][:, None]  # (M, 3, C)
    grad_attributes.index_add_(0, corner_ids.flatten(), per_corner.flatten(0, 1))
    a0, a1, a2 = attributes[corner_ids].unbind(1)
    grad_bary[covered] = torch.stack([(grad[covered] * (a - a0)).sum(1) for a in (a1, a2)], 1)
    return grad_attributes, grad_bary


def sample_texture(
    texels: Tensor,
    sizes: Tensor,
    uvs: Tensor,
    faces: Tensor,
    face_ids: Tensor,
    bary: Tensor,
    footprint: Tensor,
) -> Tensor:
    out = uvs.new_zeros((*face_ids.shape, 3))
    covered = face_ids >= 0
    corners = uvs[faces[face_ids[covered].long()].long()]  # (M, 3, 2)
    uv = (_weights(bary[covered])[..., None] * corners).sum(1)
    (u1, v1), (u2, v2) = ((corners[:, i] - corners[:, 0]).unbind(1) for i in (1, 2))
    sizes = sizes.long()
    texels_per_pixel = (u1 * v2 - u2 * v1).abs() * footprint[covered] * sizes[0, 0] * sizes[0, 1]
    level = (0.5 * texels_per_pixel.clamp(min=1.0).log2()).clamp(max=len(sizes) - 1.0)
    fine, blend = level.long(), (level - level.floor())[:, None]
    coarse = (fine + 1).clamp(max=len(sizes) - 1)
    starts = sizes.prod(1).cumsum(0) - sizes.prod(1)
    out[covered] = (1 - blend) * _bilinear(texels, sizes[fine], starts[fine], uv) + blend * _bilinear(
        texels, sizes[coarse], starts[coarse], uv
    )
    return out


def face_normals(vertices: Tensor, faces: Tensor, cam_from_obj: Tensor, face_ids: Tensor) -> Tensor:
    out = vertices.new_zeros((*face_ids.shape, 3))
    for image, ids, transform in zip(out, face_ids, cam_from_obj, strict=True):
        covered = ids >= 0
        points = vertices.double() @ transform[:, :3].T + transform[:, 3]
        a, b, c = points[faces[ids[covered].long()].long()].unbind(1)
        normals = torch.linalg.cross(b - a, c - a)
        normals = torch.nn.functional.normalize(normals, dim=1, eps=1e-300)
        away = (normals * a).sum(1, keepdim=True) > 0
        image[covered] = torch.where(away, -normals, normals).float()
    return out


def _weights(bary: Tensor) -> Tensor:
    return torch.cat([1 - bary.sum(1, keepdim=True), bary], 1)


def _bilinear(texels: Tensor, sizes: Tensor, starts: Tensor, uv: Tensor) -> Tensor:
    """Colours (M, 3) at uv (M, 2), each in its own level: sizes (M, 2) height, width; starts (M,)."""
    height, width = sizes.unbind(1)
    uv = uv - uv.floor()
    x, y = uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5
    total = torch.zeros(len(uv), 3, device=uv.device)
    for dy in (0, 1):
        for dx in (0, 1):
            column, row = (x.floor() + dx).long(), (y.floor() + dy).long()
            texel = texels[starts + (row % height) * width + column % width].float() / 255
            total = total + ((1 - (x - column).abs()) * (1 - (y - row).abs()))[:, None] * texel
    return total
