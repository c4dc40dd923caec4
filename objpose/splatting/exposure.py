"""How much brighter one photo of a scene is than another, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from objpose.geometry import SE3, bilinear
from objpose.splatting.scene_view import SceneView

SHARED = 8  # points that two views must see together to be compared
DARKEST, BRIGHTEST = 0.03, 0.97  # colours beyond are noise or saturated
PRIOR = 1e-3  # weight of a gain of one: for views that nothing compares


def log_gains(views: Sequence[SceneView], cam_from_world: SE3, points: Tensor, seen: Tensor) -> Tensor:
    """(N, 3) natural logarithms of the views' gains, with a mean of 0.

    cam_from_world: (N,). points: (P, 3) sparse ones, world; seen: (N, P) bool. Least squares over all pairs
    of views of the median ratio of the colours that both have at the points they share.
    """
    colors = torch.stack(
        [_colors_at(view, pose, points) for view, pose in zip(views, cam_from_world, strict=True)]
    )
    usable = seen & ((colors > DARKEST) & (colors < BRIGHTEST)).all(-1)
    logs = colors.clamp_min(DARKEST).log()
    count = len(views)
    normal, right = PRIOR * torch.eye(count), torch.zeros(count, 3)
    for a, b in combinations(range(count), 2):
        shared = usable[a] & usable[b]
        if int(shared.sum()) < SHARED:
            continue
        ratio = (logs[b] - logs[a])[shared].median(0).values
        weight = float(shared.sum()) ** 0.5
        normal[[a, b], [a, b]] += weight
        normal[[a, b], [b, a]] -= weight
        right[b] += weight * ratio
        right[a] -= weight * ratio
    gains = torch.linalg.solve(normal, right)
    return gains - gains.mean(0)


def _colors_at(view: SceneView, cam_from_world: SE3, points: Tensor) -> Tensor:
    """(P, 3) colours where the points lie in the view; those of the border beyond it."""
    pixels = view.camera.project(cam_from_world.apply(points)).nan_to_num(0.0)
    return bilinear(view.rgb.permute(2, 0, 1)[None], pixels[None], "border")[0].T
