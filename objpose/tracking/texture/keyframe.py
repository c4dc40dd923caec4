"""A trusted frame becomes patches: the corners of an object's paint, surface points with grey values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, normalize

from objpose.geometry import SE3, Mesh, bilinear
from objpose.geometry.sampling import resized_pixels
from objpose.raster import GreyPart, PatchPoints, find_corners, render_mesh

MOST = 150  # patches of a keyframe
SPACING = 2.0  # pixels of a level between a patch's 4 x 4 samples
LEAST_CELL = 5  # pixels along a side of a cell that holds one patch
LEAST_CORNER = 8.0  # squared grey values a pixel of a level: a corner that noise does not make
LEAST_CONTRAST = 8.0  # grey values, rms, of a patch at a level: what noise does not make either
LEAST = 20  # patches without which an object's paint says nothing
DEEPEST = 0.2  # of the diameter: a patch that spans more of depth lies on two surfaces
HIDDEN = 0.1  # of the diameter: what is measured so far from where the surface is drawn is something else


@dataclass(frozen=True, eq=False)
class Keyframe:
    """P patches of a frame, at each level of its pyramid."""

    levels: tuple[PatchPoints, ...]
    direction: Tensor  # (3,) unit, mesh frame, to the camera that saw them
    distance: float  # metres of that camera

    @cached_property
    def finest(self) -> int | None:
        """The first level that shows enough of the paint, which may be soft; None if there is none."""
        enough = [level for level, patches in enumerate(self.levels) if int(patches.usable.sum()) >= LEAST]
        return enough[0] if enough else None

    def __len__(self) -> int:
        return len(self.levels[0].points)


def keyframe(
    mesh: Mesh, centre: Tensor, cam_from_mesh: SE3, K: Tensor, part: GreyPart, depth: Tensor | None
) -> Keyframe:
    """The corners of a mesh's paint in a part of a frame, at pose (), spread over what is seen of it.

    depth: (H, W) metres of the whole frame: what stands before the object is left out.
    """
    drawn = _drawn(mesh, cam_from_mesh, K, part)
    places = _strongest(_corners(part) * _inside(drawn, part, depth, mesh.diameter()))
    pixels, z = _samples(places, drawn, part.levels)
    in_camera = _unprojected(pixels, z, K, part)
    usable = z.isfinite().all(-1)
    usable &= (z.amax(-1) - z.amin(-1)).nan_to_num(torch.inf) <= DEEPEST * mesh.diameter()
    mesh_from_cam = cam_from_mesh.inverse()
    points = mesh_from_cam.apply(in_camera.nan_to_num(0.0)).mT.contiguous()
    normals = mesh_from_cam.rotation.apply(_normals(in_camera[0]))
    values = torch.stack([_values(part, level, pixels[level]) for level in range(part.levels)])
    usable &= values.square().mean(-1).sqrt() >= LEAST_CONTRAST
    levels = tuple(
        PatchPoints(place, grey, normals, on) for place, grey, on in zip(points, values, usable, strict=True)
    )
    towards = mesh_from_cam.translation - centre
    return Keyframe(levels, normalize(towards, dim=-1), float(towards.norm()))


def _drawn(mesh: Mesh, cam_from_mesh: SE3, K: Tensor, part: GreyPart) -> Tensor:
    """(h, w) depth of the mesh in the part of the frame, 0 = empty."""
    shifted = K.clone()
    shifted[:2, 2] -= torch.tensor([part.left, part.top])
    return render_mesh(mesh, cam_from_mesh, shifted, part.width, part.height).depth[0]


def _corners(part: GreyPart) -> Tensor:
    """(h, w) how much of a corner pixels are at all levels together; 0 where they are at none.

    Squared grey values a pixel of the first level: sharp corners count for more than soft ones, beside which
    they are found all the same.
    """
    total = torch.zeros(part.height, part.width)
    is_corner = torch.zeros(part.height, part.width, dtype=torch.bool)
    for level in range(part.levels):
        strength, times = torch.empty_like(part.level(level)), 2**level
        find_corners(part.level(level), strength)
        full = strength.repeat_interleave(times, 0).repeat_interleave(times, 1)
        is_corner |= full > LEAST_CORNER
        total += full / times**2
    return total * is_corner


def _inside(drawn: Tensor, part: GreyPart, depth: Tensor | None, diameter: float) -> Tensor:
    """(h, w) bool: a patch's width from the outline, and on the object as far as is measured."""
    inside = _eroded(drawn > 0, int(2 * SPACING) + 1)
    if depth is None:
        return inside
    rows, columns = slice(part.top, part.top + part.height), slice(part.left, part.left + part.width)
    measured = depth[rows, columns]
    return inside & ((measured == 0) | ((measured - drawn).abs() < HIDDEN * diameter))


def _eroded(mask: Tensor, reach: int) -> Tensor:
    """(h, w) bool: pixels whose square of 2 reach + 1 pixels lies in mask. (torch's pooling takes longer.)"""
    for axis in (0, 1):
        size = mask.shape[axis] - 2 * reach
        if size <= 0:
            return torch.zeros_like(mask)
        inner = mask.narrow(axis, 0, size).clone()
        for step in range(1, 2 * reach + 1):
            inner &= mask.narrow(axis, step, size)
        mask = torch.zeros_like(mask)
        mask.narrow(axis, reach, size).copy_(inner)
    return mask


def _strongest(corners: Tensor) -> Tensor:
    """(P, 2) column and row of the strongest corners, at most MOST, one of each cell of a grid."""
    area = float((corners > 0).sum())
    cell = max(LEAST_CELL, round((area / (2 * MOST)) ** 0.5))
    best, place = max_pool2d(corners[None], cell, return_indices=True)
    score, order = best.flatten().sort(descending=True, stable=True)
    chosen = place.flatten()[order[:MOST]][score[:MOST] > 0]
    return torch.stack([chosen % corners.shape[1], chosen // corners.shape[1]], dim=-1).float()


def _samples(places: Tensor, drawn: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """(levels, P, S, 2) pixels of the part about places (P, 2), and the depth there, NaN off the object."""
    steps = (torch.arange(4) - 1.5) * SPACING
    shift = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(-1, 2)
    scale = 2.0 ** torch.arange(levels)
    pixels = places[:, None] + scale[:, None, None, None] * shift
    inverse = torch.where(drawn > 0, 1 / drawn.clamp_min(1e-6), torch.nan)  # of a plane 1 / depth is linear
    return pixels, 1 / bilinear(inverse[None, None], pixels[None])[0, 0]


def _unprojected(pixels: Tensor, z: Tensor, K: Tensor, part: GreyPart) -> Tensor:
    """(levels, P, S, 3) points, camera frame."""
    place = pixels + pixels.new_tensor([part.left, part.top])
    rays = torch.cat([(place - K[:2, 2]) / K.diagonal()[:2], torch.ones_like(z)[..., None]], dim=-1)
    return rays * z[..., None]


def _normals(points: Tensor) -> Tensor:
    """(P, 3) unit, towards the camera, across the 4 x 4 points (P, 16, 3) of patches, by columns and rows."""
    across, down = points[:, 3] - points[:, 0], points[:, 12] - points[:, 0]
    return normalize(torch.linalg.cross(down, across), dim=-1).nan_to_num(0.0)


def _values(part: GreyPart, level: int, pixels: Tensor) -> Tensor:
    """(P, S) grey values of a level at pixels (P, S, 2) of the part, less their mean."""
    grey, places = part.level(level)[None, None], resized_pixels(pixels, 2.0**-level)
    values = bilinear(grey, places[None], "border")[0, 0]
    return values - values.mean(-1, keepdim=True)
