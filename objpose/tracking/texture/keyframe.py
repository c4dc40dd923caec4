"""A trusted frame becomes patches: the corners of an object's paint, surface points with grey values."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, normalize

from objpose.geometry import SE3, Mesh, bilinear
from objpose.geometry.sampling import resized_pixels
from objpose.raster import GreyPart, MeshRender, PatchPoints, render_mesh

MOST = 150  # patches of a keyframe
SPACING = 1.5  # pixels of a level between a patch's 4 x 4 samples
WINDOW = 5  # pixels along a side of what a corner is told from
LEAST_CORNER = 20.0  # squared grey values a pixel, by Shi and Tomasi: a corner that noise does not make
LEAST_CONTRAST = 2.0  # grey values, rms, of a patch at a level
DEEPEST = 0.1  # of the diameter: a patch that spans more of depth lies on two surfaces
HIDDEN = 0.1  # of the diameter: what is measured so far from where the surface is drawn is something else


@dataclass(frozen=True, eq=False)
class Keyframe:
    """P patches of a frame, at each level of its pyramid."""

    levels: tuple[PatchPoints, ...]
    direction: Tensor  # (3,) unit, mesh frame, to the camera that saw them
    distance: float  # metres of that camera

    def __len__(self) -> int:
        return len(self.levels[0].points)


def keyframe(
    mesh: Mesh, centre: Tensor, cam_from_mesh: SE3, K: Tensor, part: GreyPart, depth: Tensor | None
) -> Keyframe:
    """The corners of a mesh's paint in a part of a frame, at pose (), spread over what is seen of it.

    depth: (H, W) metres of the whole frame: what stands before the object is left out.
    """
    drawn = _drawn(mesh, cam_from_mesh, K, part)
    corners = _corners(part.level(0)) * _inside(drawn, part, depth, mesh.diameter())
    column, row = _strongest(corners)
    towards = cam_from_mesh.inverse().translation - centre
    inverse = torch.where(drawn.mask, 1 / drawn.depth.clamp_min(1e-6), torch.nan)
    assert drawn.normals is not None  # asked for
    normals = cam_from_mesh.rotation.inverse().apply(drawn.normals[0, row, column])
    places = torch.stack([column, row], dim=-1).float()
    levels = tuple(
        _patches(part, level, places, normals, inverse, cam_from_mesh, K, mesh.diameter())
        for level in range(part.levels)
    )
    return Keyframe(levels, normalize(towards, dim=-1), float(towards.norm()))


def _drawn(mesh: Mesh, cam_from_mesh: SE3, K: Tensor, part: GreyPart) -> MeshRender:
    """The mesh in the part of the frame."""
    shifted = K.clone()
    shifted[:2, 2] -= torch.tensor([part.left, part.top])
    return render_mesh(mesh, cam_from_mesh, shifted, part.width, part.height, outputs=("depth", "normals"))


def _inside(drawn: MeshRender, part: GreyPart, depth: Tensor | None, diameter: float) -> Tensor:
    """(h, w) bool: a patch's width from the outline, and on the object as far as is measured."""
    reach = int(2 * SPACING) + 1
    inside = _summed(drawn.mask.float(), reach)[0] > (2 * reach + 1) ** 2 - 0.5
    if depth is None:
        return inside
    rows, columns = slice(part.top, part.top + part.height), slice(part.left, part.left + part.width)
    measured = depth[rows, columns]
    return inside & ((measured == 0) | ((measured - drawn.depth[0]).abs() < HIDDEN * diameter))


def _corners(grey: Tensor) -> Tensor:
    """(h, w) lesser eigenvalue of the mean products of slopes around a pixel (Shi and Tomasi, CVPR 1994)."""
    slopes = torch.zeros(2, *grey.shape)
    slopes[0, :, 1:-1] = (grey[:, 2:] - grey[:, :-2]) / 2
    slopes[1, 1:-1] = (grey[2:] - grey[:-2]) / 2
    products = torch.stack([slopes[0] ** 2, slopes[1] ** 2, slopes[0] * slopes[1]])
    xx, yy, xy = _summed(products, WINDOW // 2) / WINDOW**2
    return (xx + yy) / 2 - (((xx - yy) / 2) ** 2 + xy**2).sqrt()


def _summed(images: Tensor, reach: int) -> Tensor:
    """(n, h, w) sums over squares of 2 reach + 1 pixels of images; what goes beyond them is 0.

    Row by row and column by column: torch's pooling takes ten times as long.
    """
    _, height, width = images.shape
    rows, out = torch.zeros_like(images), torch.zeros_like(images)
    for step in range(2 * reach + 1):
        rows[:, :, reach : width - reach] += images[:, :, step : width - 2 * reach + step]
    for step in range(2 * reach + 1):
        out[:, reach : height - reach] += rows[:, step : height - 2 * reach + step]
    return out


def _strongest(corners: Tensor) -> tuple[Tensor, Tensor]:
    """Column and row of the strongest corners, at most MOST, one of each cell of a grid."""
    area = float((corners > 0).sum())
    cell = max(WINDOW, round((area / (2 * MOST)) ** 0.5))
    if min(corners.shape) < cell:
        return torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long)
    best, place = max_pool2d(corners[None], cell, return_indices=True)
    score, order = best.flatten().sort(descending=True, stable=True)
    chosen = place.flatten()[order[:MOST]][score[:MOST] > LEAST_CORNER]
    return chosen % corners.shape[1], chosen // corners.shape[1]


def _patches(
    part: GreyPart,
    level: int,
    places: Tensor,
    normals: Tensor,
    inverse: Tensor,
    cam_from_mesh: SE3,
    K: Tensor,
    diameter: float,
) -> PatchPoints:
    """Patches about places (P, 2), pixels of the part, of surface at 1 / inverse (1, h, w); NaN: none."""
    steps = (torch.arange(4) - 1.5) * SPACING * 2**level
    shift = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1).reshape(-1, 2)
    pixels = places[:, None] + shift
    z = 1 / bilinear(inverse[None], pixels[None], "border")[0, 0]  # of a plane 1 / depth is linear
    grey = part.level(level)[None, None]
    values = bilinear(grey, resized_pixels(pixels, 2.0**-level)[None], "border")[0, 0]
    values = values - values.mean(-1, keepdim=True)
    size = pixels.new_tensor([part.width - 1, part.height - 1])
    usable = ((pixels >= 0) & (pixels <= size)).all(-1).all(-1) & z.isfinite().all(-1)
    usable &= values.square().mean(-1).sqrt() >= LEAST_CONTRAST
    usable &= (z.amax(-1) - z.amin(-1)).nan_to_num(torch.inf) <= DEEPEST * diameter
    place = pixels + pixels.new_tensor([part.left, part.top])
    rays = torch.cat([(place - K[:2, 2]) / K.diagonal()[:2], torch.ones_like(z)[..., None]], dim=-1)
    points = cam_from_mesh.inverse().apply(rays * z.nan_to_num(1.0)[..., None])
    return PatchPoints(points.mT.contiguous(), values.contiguous(), normals.contiguous(), usable)
