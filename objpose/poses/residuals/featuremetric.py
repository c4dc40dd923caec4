"""Featuremetric residuals: template patches project onto query features like their own.

FoundPose (Örnek et al., ECCV 2024), section 3.5, with Barron's loss.
"""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.geometry import NormalEquations, pixel_rows, products
from objpose.objects import TemplateSet
from objpose.poses.query import Query, QueryPatches
from objpose.poses.residuals.posed import Posed
from objpose.robust import barron, worst_of_barron

SHAPE = -5.0  # Barron's alpha: far residuals lose all say
NEAREST = 1e-3  # metres before the camera


class Featuremetric:
    """Of B hypotheses, each from a template of its own; the cost is a mean over the template's patches.

    The residual of a template patch is the distance of its descriptor to the query's map, bilinear between
    cells, at its projection. The words' spread is its scale: what descriptors of the same thing differ by,
    whatever the features.

    chosen: (B,) templates.
    """

    outputs = ()

    def __init__(self, templates: TemplateSet, chosen: Tensor, patches: QueryPatches, query: Query):
        ranges = [templates.patches(int(t)) for t in chosen]
        counts = [r.stop - r.start for r in ranges]
        width = max([1, *counts])
        index = torch.stack(
            [(r.start + torch.arange(width)).clamp(max=len(templates.points) - 1) for r in ranges]
        )
        self.present = torch.arange(width) < torch.tensor(counts)[:, None]
        self.points, self.descriptors = templates.points[index], templates.descriptors[index]
        self.map, self.stride, self.origin = patches.map, patches.stride, patches.origin
        self.K, self.scale = query.K, templates.words.sigma

    def system(self, posed: Posed) -> NormalEquations:
        seen = posed.cam_from_obj[:, None].apply(self.points)
        depth = seen[..., 2].clamp_min(NEAREST)
        rays = seen / depth[..., None]
        pixels = (rays @ self.K.mT)[..., :2]
        value, slope_u, slope_v, inside = self._sampled(pixels)
        usable = self.present & inside & (seen[..., 2] > NEAREST)
        residual = value - self.descriptors
        loss, weight = barron(residual.square().sum(-1) / self.scale**2, SHAPE)
        count = self.present.sum(1).clamp_min(1)
        weight = weight * usable / (count[:, None] * self.scale**2)
        arm = seen - posed.pivot[:, None]
        along_u, along_v = pixel_rows(self.K, rays.movedim(-1, 0), depth, arm.movedim(-1, 0))
        normal, gradient = _gathered(along_u, along_v, slope_u, slope_v, residual, weight)
        cost = (torch.where(usable, loss, worst_of_barron(SHAPE)) * self.present).sum(1) / count
        return NormalEquations(normal, gradient, cost)

    def _sampled(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(B, P, D) the map at pixels (B, P, 2), its slopes along columns and rows; and if within it."""
        height, width = self.map.shape[:2]
        cell = (pixels - self.origin) / self.stride
        size = torch.tensor([width, height])
        inside = ((cell >= 0) & (cell <= size - 1)).all(-1)
        corner = torch.minimum(cell.floor().clamp_min(0), size - 2.0).long()
        x, y = (cell - corner).clamp(0, 1)[..., None].unbind(-2)
        column, row = corner.unbind(-1)
        a, b = self.map[row, column], self.map[row, column + 1]
        c, d = self.map[row + 1, column], self.map[row + 1, column + 1]
        top, bottom = a + (b - a) * x, c + (d - c) * x
        slope_u = ((b - a) * (1 - y) + (d - c) * y) / self.stride
        return top + (bottom - top) * y, slope_u, (bottom - top) / self.stride, inside


def _gathered(
    along_u: Tensor, along_v: Tensor, slope_u: Tensor, slope_v: Tensor, residual: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """(B, 6, 6) and (B, 6): the D channels share the pixel's motion, so their slopes are summed first."""
    uu, vv = (weight * slope.square().sum(-1) for slope in (slope_u, slope_v))
    uv = weight * (slope_u * slope_v).sum(-1)
    normal = products(along_u, uu * along_u + uv * along_v) + products(along_v, uv * along_u + vv * along_v)
    pulls = [(weight * (slope * residual).sum(-1))[None] for slope in (slope_u, slope_v)]
    return normal, (products(along_u, pulls[0]) + products(along_v, pulls[1]))[..., 0]
