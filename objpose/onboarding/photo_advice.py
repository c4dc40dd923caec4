"""What photos of an object do not show of it, in words: what to take next, and what is unknown till then."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from objpose.geometry import SE3

BELOW, ABOVE = -20.0, 50.0  # degrees of elevation that no view lies beyond: bottom or top are not seen
GAP = 75.0  # degrees around the object between neighbouring views, from which a side was seen aslant at best
OVERHEAD = 80.0  # degrees of elevation from which a view has no side

TIE = 1e-3  # weight of the mean up against the rights: it decides where these leave it open


def views_advice(cam_from_obj: SE3, names: Sequence[str], centre: Tensor) -> list[str]:
    """Of N posed photos, one line for each thing that they miss; empty where they go all around.

    cam_from_obj: (N,); centre: (3,) of the object, in its frame. Up is what the photos have as up:
    people hold cameras level.
    """
    towards, up, elevation = _directions(cam_from_obj, centre)
    advice = []
    if float(elevation.min()) > BELOW:
        lowest = f"the lowest looks from {float(elevation.min()):.0f} degrees"
        advice.append(f"no view from below ({lowest}): the bottom is unknown and closed off as if solid")
    if float(elevation.max()) < ABOVE:
        highest = f"the highest looks from {float(elevation.max()):.0f} degrees"
        advice.append(f"no view from above ({highest}): the top was seen aslant at best")
    around = _around(towards, up, elevation)
    if around is None:
        return [*advice, "no view from the side: all look from above or below"]
    photos, gaps = around
    return advice + [
        f"nothing between {names[photos[i]]} and {names[photos[(i + 1) % len(photos)]]}, "
        f"{gap:.0f} degrees around: that side was seen aslant at best"
        for i, gap in enumerate(gaps)
        if gap > GAP
    ]


def widest_gap(cam_from_obj: SE3, centre: Tensor) -> float:
    """Degrees around the object, arguments as of `views_advice`, that no view of N lies in; 0 up to `GAP`."""
    around = _around(*_directions(cam_from_obj, centre))
    widest = 360.0 if around is None else max(around[1])
    return widest if widest > GAP else 0.0


def _directions(cam_from_obj: SE3, centre: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(N, 3) to the cameras, (3,) up, (N,) elevations in degrees."""
    towards = normalize(cam_from_obj.inverse().translation.double() - centre.double(), dim=-1)
    up = _up(cam_from_obj.rotation.matrix().double())
    return towards, up, torch.rad2deg(torch.asin((towards @ up).clamp(-1, 1)))


def _up(rotation: Tensor) -> Tensor:
    """(3,) what all cameras (N, 3, 3) have at right angles to their right; of several such, their mean up."""
    mean = normalize(-rotation[:, 1].mean(0), dim=-1)
    right = rotation[:, 0]
    aside = right.T @ right / len(right) + TIE * (torch.eye(3).double() - torch.outer(mean, mean))
    up = torch.linalg.eigh(aside)[1][:, 0]
    return up * torch.sign(up @ mean)


def _around(towards: Tensor, up: Tensor, elevation: Tensor) -> tuple[list[int], list[float]] | None:
    """Views in their order around the vertical, and the degrees from each to the next; None without any."""
    chosen = (elevation.abs() < OVERHEAD).nonzero()[:, 0]
    if not len(chosen):
        return None
    level = towards[chosen] - (towards[chosen] @ up)[:, None] * up
    first = normalize(level[0], dim=-1)
    across = torch.linalg.cross(up, first)
    angle = torch.rad2deg(torch.atan2(level @ across, level @ first)) % 360
    order = angle.argsort()
    gaps = torch.diff(angle[order], append=angle[order][:1] + 360)
    return chosen[order].tolist(), gaps.tolist()
