"""Cameras where no photo was taken: between those of two photos that look at the same."""

from __future__ import annotations

import torch

from objpose.geometry import SE3, Camera
from objpose.splatting.novel.prior import KnownViews

SHARED_POINTS = 3  # that two views must see together
MIDDLE = (0.25, 0.75)  # share of the way: nearer to a photo it says all itself


def cameras_between(known: KnownViews, count: int, generator: torch.Generator) -> list[tuple[Camera, SE3]]:
    """So many cameras with their cam_from_world (), each on the way from one photo to another.

    Pairs are drawn by how many points both see; the way is that of constant turn about the points' middle, so
    that cameras around an object stay around it. None where no two photos share points.
    """
    assert known.cam_from_world is not None
    pairs, worth = _pairs(known)
    if not pairs:
        return []
    chosen = torch.multinomial(torch.tensor(worth), count, replacement=True, generator=generator)
    low, high = MIDDLE
    shares = low + (high - low) * torch.rand(count, generator=generator)
    found = []
    for pair, share in zip(chosen.tolist(), shares.tolist(), strict=True):
        one, other = pairs[pair]
        middle = known.points[known.seen[one] & known.seen[other]].median(0).values
        to_middle = SE3.from_rotation_translation(torch.eye(3), middle)
        start, end = (known.cam_from_world[index] @ to_middle for index in (one, other))
        way = (end @ start.inverse()).rotation.log()
        between = SE3.exp(torch.cat([torch.zeros(3), share * way])).rotation @ start.rotation
        at = (1 - share) * start.translation + share * end.translation
        moved = SE3.from_rotation_translation(between.matrix(), at) @ to_middle.inverse()
        found.append((known.views[one].camera, moved))
    return found


def _pairs(known: KnownViews) -> tuple[list[tuple[int, int]], list[float]]:
    """Pairs of views that share points, and the square root of how many."""
    pairs, worth = [], []
    for one in range(len(known.views)):
        for other in range(one):
            shared = int((known.seen[one] & known.seen[other]).sum())
            if shared >= SHARED_POINTS:
                pairs.append((one, other))
                worth.append(shared**0.5)
    return pairs, worth
