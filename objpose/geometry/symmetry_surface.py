"""How well a rigid motion maps a sampled surface onto itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from objpose.geometry.extent import largest_distance
from objpose.geometry.se3 import SE3

# More samples than this cost time and no longer change the answer; what is given is thinned evenly.
MAX_POINTS = 2500
# Neighbours are sought in (point, NORMAL_WEIGHT * normal), in diameters: across an edge or a thin wall they
# then lie further than along the surface.
NORMAL_WEIGHT = 0.1
SMOOTHING_NEIGHBOURS = 10
# Share of the surface that must fit: what is smaller may break a symmetry unnoticed.
FIT_QUANTILE = 0.97
# Share of a grey difference in the colour difference: baked light and shadow change brightness more than hue.
BRIGHTNESS_WEIGHT = 0.5
# A sample is of a mark that is not there when no neighbour of its place has its colour to within this, the
# mean of the channels: letters differ from their ground by 0.5 and more, a scanned plain bowl by up to 0.3.
MARK_CONTRAST = 0.35
MARK_NEIGHBOURS = 8


@dataclass(frozen=True, eq=False)
class SampledSurface:
    """A surface in normalised coordinates: centroid at the origin, diameter 1; float64.

    points, normals: (N, 3). colors: (N, 4) smoothed, or None. paint: (N, 3) as given, or None.
    spacing: gap between neighbours (98 % quantile).
    A point of the object is `centroid + diameter * point`.
    """

    points: Tensor
    normals: Tensor
    colors: Tensor | None
    paint: Tensor | None
    centroid: Tensor
    diameter: float
    spacing: float
    tree: cKDTree

    @staticmethod
    def from_samples(points: Tensor, normals: Tensor, colors: Tensor | None) -> SampledSurface:
        """From samples of uniform density (N, 3) in metres; noise is smoothed along the normals."""
        chosen = torch.linspace(0, len(points) - 1, min(len(points), MAX_POINTS)).long()
        points, normals = points[chosen].double(), _unit(normals[chosen].double())
        diameter, centroid = largest_distance(points), points.mean(0)
        points = (points - centroid) / diameter
        neighbours = _tree(points, normals).query(_key(points, normals), k=SMOOTHING_NEIGHBOURS)[1]
        neighbours = torch.from_numpy(neighbours)
        normals = _unit(normals[neighbours].mean(1))
        height = ((points[neighbours] - points[:, None]) * normals[:, None]).sum(-1).mean(1)
        points = points + height[:, None] * normals
        paint = None if colors is None else colors[chosen].double()
        if paint is not None:
            colors = _opponent(paint)[neighbours].mean(1)
        tree = _tree(points, normals)
        spacing = float(np.quantile(tree.query(_key(points, normals), k=2)[0][:, 1], 0.98))
        return SampledSurface(points, normals, colors, paint, centroid, diameter, spacing, tree)

    def match(self, motions: SE3, points: Tensor, normals: Tensor) -> tuple[Tensor, Tensor]:
        """Points (M, 3) moved by motions (B,), (B, M, 3), and the indices (B, M) of their nearest samples."""
        moved = motions.apply_points(points)
        turned = motions.rotation.matrix() @ normals.mT
        _, nearest = self.tree.query(_key(moved, turned.mT).reshape(-1, 6))
        return moved, torch.from_numpy(nearest).reshape(moved.shape[:-1])

    def mismatch(self, motions: SE3, stride: int = 1) -> tuple[Tensor, Tensor]:
        """(distance (B,) in diameters, colour difference (B,)) of the moved surface from itself.

        The distance is the FIT_QUANTILE of the distances to the surface.
        """
        distances, nearest = self.distances(motions, stride)
        distance = distances.quantile(FIT_QUANTILE, dim=-1)
        if self.colors is None:
            return distance, torch.zeros_like(distance)
        difference = (self.colors[::stride] - self.colors[nearest]).abs().mean((-1, -2))
        return distance, difference

    def marks_missed(self, motions: SE3) -> Tensor:
        """(B,) share of the surface whose colour is nowhere near the place it is moved to.

        A letter is a small share of a surface, and so is its part in the mean difference of colours; here it
        counts by its contrast. What stands out from its own neighbours, thin lines, is taken off; patterns
        finer than the samples may still break a symmetry that they have.
        """
        if self.paint is None:
            return torch.zeros(len(motions), dtype=torch.float64)
        still = self._missed(self.points, self.normals, MARK_NEIGHBOURS + 1, first=1)
        turned = motions.rotation.matrix()
        moved = motions.apply_points(self.points)
        missed = [
            self._missed(points, self.normals @ turn.mT, MARK_NEIGHBOURS)
            for points, turn in zip(moved, turned, strict=True)
        ]
        return torch.tensor(missed, dtype=torch.float64) - still

    def _missed(self, points: Tensor, normals: Tensor, neighbours: int, first: int = 0) -> float:
        assert self.paint is not None  # asked for by marks_missed alone
        nearest = torch.from_numpy(self.tree.query(_key(points, normals), k=neighbours)[1][:, first:])
        difference = (self.paint[nearest] - self.paint[:, None]).abs().mean(-1).amin(-1)
        return float((difference > MARK_CONTRAST).double().mean())

    def distances(self, motions: SE3, stride: int = 1) -> tuple[Tensor, Tensor]:
        """(B, M) of every stride-th sample, moved, to the surface, and the index of its nearest sample.

        In diameters; gaps between samples do not count.
        """
        moved, nearest = self.match(motions, self.points[::stride], self.normals[::stride])
        offset = moved - self.points[nearest]
        height = (offset * self.normals[nearest]).sum(-1)
        along = (offset.square().sum(-1) - height.square()).clamp(min=0).sqrt()
        gap = (along - self.spacing).clamp(min=0)
        return (height.square() + gap.square()).sqrt(), nearest


def _unit(vectors: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vectors, dim=-1)


def _tree(points: Tensor, normals: Tensor) -> cKDTree:
    return cKDTree(_key(points, normals), leafsize=24)  # in six dimensions searched faster than of 16


def _key(points: Tensor, normals: Tensor) -> np.ndarray:
    return torch.cat([points, NORMAL_WEIGHT * normals], dim=-1).numpy()


def _opponent(colors: Tensor) -> Tensor:
    """RGB (N, 3) to chroma and damped brightness (N, 4)."""
    brightness = colors.mean(-1, keepdim=True)
    return torch.cat([colors - brightness, BRIGHTNESS_WEIGHT * brightness], dim=-1)
