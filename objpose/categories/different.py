"""Which answers are truly different: boxes apart by more than what is left of their symmetry."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.categories.canonical import Canonical

SAME = 0.2  # of the diagonal: boxes whose probes are closer than this everywhere are one answer
STEP = 0.05  # of the diagonal, of free turns


def different(places: list[Canonical]) -> tuple[list[int], Tensor]:
    """Indices of those that differ from every better one, best first; and (n,) which of these each is as."""
    chosen: list[int] = []
    owner = []
    for index, place in enumerate(places):
        apart = [_apart(places[other], place) for other in chosen]
        if not apart or min(apart) > SAME:
            chosen.append(index)
            apart.append(0.0)
        owner.append(int(torch.tensor(apart).argmin()))
    return chosen, torch.tensor(owner)


def _apart(one: Canonical, other: Canonical) -> float:
    """How far the probes of two answers are apart under the symmetry of the first, of its diagonal."""
    diagonal = float(one.size.norm())
    equal = one.cam_from_obj @ one.symmetry.transforms(diagonal, STEP)
    gap = equal.apply_points(_probes(one)) - other.cam_from_obj.apply_points(_probes(other))
    return float(gap.norm(dim=-1).amax(-1).min()) / diagonal


def _probes(place: Canonical) -> Tensor:
    """(6, 3) metres, object frame: the middles of the box's sides, which tell its axes and its size."""
    return torch.cat([torch.diag(place.size), -torch.diag(place.size)]) / 2
