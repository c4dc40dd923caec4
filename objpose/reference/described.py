"""A view described cell by cell, in its plane turned all the ways in which another photo may show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from objpose.features import MiniDescriptor
from objpose.features.dense import FeatureMap
from objpose.objects.template_views import ViewOptions
from objpose.objects.templates import covered
from objpose.reference.picture import Picture, picture_of

SIZE, FILL = 160, ViewOptions().fill  # as templates are drawn, which the descriptors were learned for
OWNED = 3  # pixels around a cell's centre that lie on the thing
SEARCHES = (8.0, 4.0)  # pixels between the places at which a match's best place is interpolated
ASTRAY = 0.1 / 16.0**2  # cosine that a squared pixel from where a match is expected counts as
descriptor = cache(MiniDescriptor)


@dataclass(frozen=True, eq=False)
class Described:
    """One turn of a view. map: of the picture, N = 1; cells: (C, 2) pixels of the centres on the thing;
    descriptors: (C, D) of unit length.
    """

    picture: Picture
    map: FeatureMap
    cells: Tensor
    descriptors: Tensor

    @property
    def places(self) -> np.ndarray:
        """(C, 2) pixels of the view."""
        return self.picture.in_view(self.cells.double().numpy())

    def at(self, pixels: Tensor) -> Tensor:
        """(P, D) unit descriptors at pixels (P, 2) of the picture."""
        return functional.normalize(self.map.sample(pixels[None])[0], dim=-1)


def described(rgb: np.ndarray, mask: np.ndarray, rolls: list[float]) -> list[Described]:
    """A view (H, W, 3) under a mask (H, W), in each turn, radians."""
    pictures = [picture_of(rgb, mask, SIZE, FILL, roll) for roll in rolls]
    maps = descriptor()(torch.stack([one.image for one in pictures]))
    found = []
    for row, picture in enumerate(pictures):
        own = FeatureMap(maps.descriptors[row : row + 1], maps.stride, maps.origin, maps.seconds)
        centres = own.centres().flatten(0, 1)
        column, line = centres.round().long().unbind(-1)
        owned = covered(picture.mask[None], OWNED)[0][line, column]
        found.append(Described(picture, own, centres[owned], own.descriptors.flatten(0, 2)[owned]))
    return found


@dataclass(frozen=True, eq=False)
class CellMatches:
    """M mutual nearest cells of two views, as their pixels (M, 2); weights: (M,) by how alike they are;
    alike: as `likeness` of the views.
    """

    first: np.ndarray
    second: np.ndarray
    weights: np.ndarray
    alike: float

    def swapped(self) -> CellMatches:
        return CellMatches(self.second, self.first, self.weights, self.alike)


def matched_cells(one: Described, other: Described, expected: np.ndarray | None = None) -> CellMatches:
    """Mutual nearest neighbours, placed in the other view between its cells.

    expected: (C, 2) pixels of the other view near which the cells of `one` are looked for; None: anywhere.
    """
    alike = one.descriptors @ other.descriptors.mT
    whole = _likeness(alike)
    if expected is not None:
        there = torch.from_numpy(other.picture.from_view(expected)).float()
        alike = alike - ASTRAY * torch.cdist(there, other.cells).square()
    nearest = alike.argmax(1)
    index = torch.arange(len(nearest))
    mutual = index[alike.argmax(0)[nearest] == index]
    moved = other.cells[nearest[mutual]]
    for step in SEARCHES:
        moved = _moved(one.descriptors[mutual], other, moved, step)
    return CellMatches(
        one.places[mutual.numpy()],
        other.picture.in_view(moved.double().numpy()),
        alike[mutual, nearest[mutual]].clamp(0.05, 1).double().numpy(),
        whole,
    )


def likeness(one: Described, other: Described) -> float:
    """Mean cosine of all cells of either view with their nearest in the other."""
    return _likeness(one.descriptors @ other.descriptors.mT)


def _likeness(alike: Tensor) -> float:
    return float(alike.amax(1).mean() + alike.amax(0).mean()) / 2


def _moved(wanted: Tensor, other: Described, places: Tensor, step: float) -> Tensor:
    """(M, 2) the tops of parabolas through how alike the nine places around each are to the wanted (M, D)."""
    axis = torch.tensor([-step, 0.0, step])
    around = places[:, None] + torch.cartesian_prod(axis, axis)
    there = other.at(around.flatten(0, 1)).unflatten(0, (-1, 9))
    alike = (there @ wanted[:, :, None]).view(-1, 3, 3)
    tops = torch.stack([_top(alike.mean(2)), _top(alike.mean(1))], dim=-1)
    return places + step * tops


def _top(values: Tensor) -> Tensor:
    """(M,) in [-1, 1] where a parabola through values (M, 3) at -1, 0, 1 is highest; 0: it is not bent."""
    low, middle, high = values.unbind(1)
    bend = low - 2 * middle + high
    return torch.where(bend < -1e-4, (low - high) / 2 / bend.clamp_max(-1e-4), 0.0).clamp(-1, 1)
