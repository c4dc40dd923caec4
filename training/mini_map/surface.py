"""Which cells of a crop and of a template show the same place of a thing's surface."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from objpose.features.mini import with_means
from training.mini_map.pairs import EQUALS, Pairs

SAME = 0.07  # of the diameter: a match is right within it; a cell spans 0.06


class Cells(NamedTuple):
    """The K cells of each picture that hold all that its mask owns."""

    values: Tensor  # (B, 3, K, INPUTS) patches and the means around them
    distance: Tensor  # (B, 2, K, K) between the crop's cells and those of both templates, see `_distances`
    rivals: Tensor  # (B, 2, K, K) bool: the pairs among which matches are chosen


def cells_of(pairs: Pairs) -> Cells:
    count = int(pairs.owned.sum(-1).max())
    index = pairs.owned.byte().sort(dim=-1, descending=True, stable=True).indices[..., :count]
    values = with_means(pairs.patches.flatten(0, 1).float()).flatten(1, 2).unflatten(0, (-1, 3))
    owned = pairs.owned.gather(2, index)
    rivals = owned[:, :1, :, None] & owned[:, 1:, None]
    distance = _distances(_taken(pairs.points.float(), index), pairs)
    return Cells(_taken(values, index), distance.masked_fill(~rivals, torch.inf), rivals)


def right_share(cells: Cells, likeness: Tensor) -> Tensor:
    """() share of right matches, by likeness (B, 2, K, K), of those cells whose place the template shows."""
    has_match = cells.distance.amin(-1) < SAME
    chosen = likeness.masked_fill(~cells.rivals, -torch.inf).argmax(-1, keepdim=True)
    return (cells.distance.gather(-1, chosen)[..., 0][has_match] < SAME).float().mean()


def _distances(points: Tensor, pairs: Pairs) -> Tensor:
    """(B, 2, K, K) along the surface's chords, in diameters, of points (B, 3, K, 3).

    Places that a symmetry of the thing carries onto each other are one: repeated parts are not punished.
    Infinite where a cell shows nothing.
    """
    crop, template = points[:, :1], points[:, 1:]
    flat = torch.cdist(_round(crop), _round(template))
    turned = [torch.cdist(crop, template @ pairs.equals[:, None, i].mT) for i in range(EQUALS)]
    nearest = torch.where(pairs.round[:, None, None, None], flat, torch.stack(turned).amin(0))
    return nearest.nan_to_num(torch.inf)


def _round(points: Tensor) -> Tensor:
    """(*, 2) distance from the axis z and height along it."""
    return torch.stack([points[..., :2].norm(dim=-1), points[..., 2]], dim=-1)


def _taken(values: Tensor, index: Tensor) -> Tensor:
    return values.gather(2, index[..., None].expand(-1, -1, -1, values.shape[-1]))
