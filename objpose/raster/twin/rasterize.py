"""Plain-torch twin of the op `rasterize`: the same laws, written a second time and on whole arrays.

Unclipped triangles follow the core's integer arithmetic, so both agree exactly on coverage. Triangles that
reach behind the near plane are tested by homogeneous edge functions instead of being clipped (Olano and
Greer, "Triangle Scan Conversion using 2D Homogeneous Coordinates", 1997), and may differ at their very edges.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.raster.constants import GUARD_PIXELS, SUBPIXELS

MAX_PAIRS = 1 << 21  # (face, pixel) pairs tested at a time: bounds the memory


class _Screen(NamedTuple):
    points: Tensor  # (V, 3) float64, camera frame
    snapped: Tensor  # (V, 2) int64, 1/256 pixels from `whole`
    inverse_depth: Tensor  # (V,) float32, 0 where the vertex cannot be drawn
    whole: Tensor  # (2,) int64, the pixel of the principal point
    K: Tensor  # (3, 3) float64


class _Hits(NamedTuple):
    """Covered (face, pixel) pairs."""

    face: Tensor  # (M,) int64
    pixel: Tensor  # (M, 2) int64, counted from `whole`
    inverse_depth: Tensor  # (M,) float32


def rasterize(
    vertices: Tensor,
    faces: Tensor,
    cam_from_obj: Tensor,
    K: Tensor,
    width: int,
    height: int,
    near: float,
    surface: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    images = [
        _rasterize_one(_project(vertices, *view, near), faces.long(), width, height, near)
        for view in zip(cam_from_obj, K, strict=True)
    ]
    if not images:
        empty = vertices.new_empty(0)
        images = [(empty, empty, vertices.new_empty(0, 2), empty)]
    depth, face_ids, bary, footprint = (torch.stack(parts) for parts in zip(*images, strict=True))
    shape = (len(cam_from_obj), height, width)
    if not surface:
        none = vertices.new_empty(0)
        return depth.reshape(shape), none.int(), none, none
    return (
        depth.reshape(shape),
        face_ids.int().reshape(shape),
        bary.reshape(*shape, 2),
        footprint.reshape(shape),
    )


def _project(vertices: Tensor, cam_from_obj: Tensor, K: Tensor, near: float) -> _Screen:
    points = vertices.double() @ cam_from_obj[:, :3].T + cam_from_obj[:, 3]
    whole = K[:2, 2].floor()
    inverse = 1.0 / points[:, 2]
    offset = (points[:, :2] @ K[:2, :2].T) * inverse[:, None] + (K[:2, 2] - whole)
    snapped = (offset * SUBPIXELS + 0.5).floor()
    drawable = (points[:, 2] >= near) & (snapped.abs() <= GUARD_PIXELS * SUBPIXELS).all(1)
    snapped = torch.where(drawable[:, None], snapped, 0.0).long()
    return _Screen(points, snapped, torch.where(drawable, inverse, 0.0).float(), whole.long(), K)


def _rasterize_one(
    screen: _Screen, faces: Tensor, width: int, height: int, near: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Flat depth, face ids, barycentrics and footprints of one image."""
    drawable = (screen.inverse_depth[faces] > 0).all(1)
    low, high = -screen.whole, -screen.whole + screen.whole.new_tensor([width, height]) - 1
    parts = list(_whole_hits(screen, faces, drawable.nonzero()[:, 0], low, high))
    parts += list(_cut_hits(screen, faces, (~drawable).nonzero()[:, 0], low, high, near))
    hits = _Hits(*(torch.cat(values) for values in zip(_no_hits(faces), *parts, strict=True)))
    flat = (hits.pixel[:, 1] - low[1]) * width + hits.pixel[:, 0] - low[0]
    nearest = screen.inverse_depth.new_zeros(width * height)
    nearest.scatter_reduce_(0, flat, hits.inverse_depth, "amax")
    wins = hits.inverse_depth == nearest[flat]
    face_ids = torch.full((width * height,), len(faces), device=faces.device)
    face_ids.scatter_reduce_(0, flat[wins], hits.face[wins], "amin")
    covered = (face_ids < len(faces)).nonzero()[:, 0]
    pixel = torch.stack([covered % width, covered // width], 1) + low
    bary, footprint = nearest.new_zeros(width * height, 2), nearest.new_zeros(width * height)
    bary[covered], footprint[covered] = _surface_points(screen, faces[face_ids[covered]], pixel)
    face_ids[face_ids == len(faces)] = -1
    return torch.where(nearest > 0, 1.0 / nearest, 0.0), face_ids, bary, footprint


def _no_hits(faces: Tensor) -> _Hits:
    return _Hits(faces.new_empty(0), faces.new_empty(0, 2), faces.new_empty(0, dtype=torch.float32))


def _pairs(box_low: Tensor, box_high: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Groups of (box index (M,), pixel (M, 2)): every pixel of every box (inclusive corners)."""
    extent = (box_high - box_low + 1).clamp(min=0)
    counts = extent.prod(1)
    ends = counts.cumsum(0)
    groups = []
    for chunk in (ends - 1).div(MAX_PAIRS, rounding_mode="floor").unique():
        chosen = (((ends - 1) // MAX_PAIRS == chunk) & (counts > 0)).nonzero()[:, 0]
        box = chosen.repeat_interleave(counts[chosen])
        first = (counts[chosen].cumsum(0) - counts[chosen]).repeat_interleave(counts[chosen])
        position = torch.arange(len(box), device=box.device) - first
        offset = torch.stack([position % extent[box, 0], position // extent[box, 0]], 1)
        groups.append((box, box_low[box] + offset))
    return groups


def _edges(a: Tensor, b: Tensor, point: Tensor) -> Tensor:
    """Twice the signed area of (a, b, point), all (M, 2)."""
    return (b[:, 0] - a[:, 0]) * (point[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (point[:, 0] - a[:, 0])


def _whole_hits(screen: _Screen, faces: Tensor, chosen: Tensor, low: Tensor, high: Tensor) -> list[_Hits]:
    """Pixels of the triangles that need no clipping: exact edge functions, ties by the top-left rule."""
    corners = screen.snapped[faces[chosen]]  # (T, 3, 2)
    inverse_depth = screen.inverse_depth[faces[chosen]]
    area = _edges(corners[:, 1], corners[:, 2], corners[:, 0])
    flip = torch.where((area < 0)[:, None], area.new_tensor([0, 2, 1]), area.new_tensor([0, 1, 2]))
    corners = corners.gather(1, flip[..., None].expand(-1, -1, 2))
    slopes = inverse_depth.gather(1, flip)[:, 1:] - inverse_depth[:, :1]
    slopes = slopes * (1.0 / area.abs().float())[:, None]
    box_low = torch.maximum((corners.amin(1) + SUBPIXELS - 1).div(SUBPIXELS, rounding_mode="floor"), low)
    box_high = torch.minimum(corners.amax(1).div(SUBPIXELS, rounding_mode="floor"), high)
    box_high[area == 0] = box_low[area == 0] - 1
    found = []
    for box, pixel in _pairs(box_low, box_high):
        inside = torch.ones(len(box), dtype=torch.bool, device=box.device)
        value = inverse_depth[box, 0]
        for i in range(3):
            a, b = corners[box, (i + 1) % 3], corners[box, (i + 2) % 3]
            edge = _edges(a, b, pixel * SUBPIXELS)
            owns_ties = (b[:, 1] < a[:, 1]) | ((b[:, 1] == a[:, 1]) & (b[:, 0] > a[:, 0]))
            inside &= (edge > 0) | ((edge == 0) & owns_ties)
            value = value + edge.float() * slopes[box, i - 1] if i else value
        found.append(_Hits(chosen[box[inside]], pixel[inside], value[inside]))
    return found


def _cut_hits(
    screen: _Screen, faces: Tensor, chosen: Tensor, low: Tensor, high: Tensor, near: float
) -> list[_Hits]:
    """Pixels of the triangles that reach behind the near plane or out of the guard band: all are tried."""
    reaches = (screen.points[faces[chosen], 2] >= near).any(1)
    chosen = chosen[reaches]
    found = []
    for box, pixel in _pairs(low.expand(len(chosen), 2), high.expand(len(chosen), 2)):
        weights, total, volume = _homogeneous(screen, faces[chosen[box]], pixel)
        inverse_depth = total / volume
        inside = (
            (weights * volume.sign()[:, None] >= 0).all(1) & (inverse_depth > 0) & (inverse_depth <= 1 / near)
        )
        found.append(_Hits(chosen[box[inside]], pixel[inside], inverse_depth[inside].float()))
    return found


def _homogeneous(screen: _Screen, corners: Tensor, pixel: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The pixels' rays against the planes through camera centre and edges: (M, 3), their sum, the volume."""
    a, b, c = screen.points[corners].unbind(1)
    offset = pixel - (screen.K[:2, 2] - screen.whole)
    y = offset[:, 1] / screen.K[1, 1]
    ray = torch.stack([(offset[:, 0] - screen.K[0, 1] * y) / screen.K[0, 0], y, torch.ones_like(y)], 1)
    planes = (torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b))
    weights = torch.stack([(ray * plane).sum(1) for plane in planes], 1)
    return weights, weights.sum(1), (a * planes[0]).sum(1)


def _surface_points(screen: _Screen, corners: Tensor, pixel: Tensor) -> tuple[Tensor, Tensor]:
    """Barycentrics (M, 2) and footprints (M,) of pixels (M, 2) on triangles with these corners (M, 3)."""
    inverse_depth = screen.inverse_depth[corners]
    v0, v1, v2 = screen.snapped[corners].unbind(1)
    area = _edges(v1, v2, v0).float()
    edges = torch.stack([_edges(*ab, pixel * SUBPIXELS) for ab in ((v1, v2), (v2, v0), (v0, v1))], 1)
    shares = edges.float() / area[:, None] * inverse_depth
    depth = 1.0 / shares.sum(1)
    footprint = SUBPIXELS**2 / area.abs() * (depth[:, None] * inverse_depth).prod(1)
    weights, total, volume = _homogeneous(screen, corners, pixel)
    cut_shares = (weights / total[:, None]).clamp(min=0)
    cut_shares = (cut_shares / cut_shares.sum(1, keepdim=True)).float()
    cut_footprint = (volume**2 / (screen.K[0, 0] * screen.K[1, 1] * total**3)).abs().float()
    whole = (inverse_depth > 0).all(1)
    bary = torch.where(whole[:, None], shares[:, 1:] * depth[:, None], cut_shares[:, 1:])
    return bary, torch.where(whole, footprint, cut_footprint)
