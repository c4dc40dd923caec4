"""A prior without a network: planes swept at the new camera, believed where the photos agree."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from objpose.geometry import SE3, Camera
from objpose.splatting.novel.prior import KnownViews, NovelView
from objpose.splatting.scene_depth import planes_between
from objpose.splatting.scene_view import SceneView
from objpose.splatting.sweep import UNSEEN_COST, correlation, lowest, semi_global, warped

NEAREST = 4  # photos that are swept
LEAST_SHOWN = 2  # photos that must see a place
NOISE = 0.03  # standard deviation of colours that agree
DIFFERENT = 0.25  # of the colours of two photos: so far apart they do not see the same


class SweptPrior:
    """The nearest photos seen through the new camera's own depth, blended; in doubt where they disagree.

    Collins (CVPR 1996) with the new camera as reference: a plane is judged by how well the photos' patches
    agree with each other there, as there is no photo to compare them with.
    """

    def view(self, known: KnownViews, camera: Camera, cam_from_world: SE3) -> NovelView:
        """See NovelViewPrior. Nothing is said where fewer than two photos see a place.

        known.cam_from_world is needed.
        """
        assert known.cam_from_world is not None
        chosen = _nearest(known, cam_from_world)
        if len(chosen) < LEAST_SHOWN:
            return _silent(camera)
        views = [known.views[index] for index in chosen]
        view_from_new = known.cam_from_world[chosen] @ cam_from_world.inverse()
        visible = known.points[known.seen[chosen].any(0)]
        inverse_depths = planes_between(camera, views, view_from_new, cam_from_world.apply(visible)[:, 2])
        depth = _swept(camera, views, view_from_new, inverse_depths)
        return _blended(camera, views, view_from_new, depth)


def _nearest(known: KnownViews, cam_from_world: SE3) -> list[int]:
    """The photos whose way of looking is the most like the new camera's."""
    assert known.cam_from_world is not None
    axes = known.cam_from_world.rotation.matrix()[:, 2]
    alike = axes @ cam_from_world.rotation.matrix()[2]
    return alike.argsort(descending=True, stable=True)[:NEAREST].tolist()


def _swept(camera: Camera, views: list[SceneView], view_from_new: SE3, inverse_depths: Tensor) -> Tensor:
    """(H, W) z-depth at which the photos agree best."""
    drawn = [
        warped(camera, view, transform, inverse_depths, view.rgb.mean(-1, keepdim=True))
        for view, transform in zip(views, view_from_new, strict=True)
    ]
    costs = []
    for (one, in_one), (other, in_other) in combinations(drawn, 2):
        both = in_one & in_other
        costs.append(1 - torch.where(both, correlation(one[..., 0], other[..., 0]), 1 - UNSEEN_COST))
    cost = torch.stack(costs).sort(dim=0).values[: (len(costs) + 1) // 2].mean(0)
    plain = torch.zeros(cost.shape[1:])  # no picture tells where its edges are
    return 1 / lowest(semi_global(cost, plain), inverse_depths)


def _blended(camera: Camera, views: list[SceneView], view_from_new: SE3, depth: Tensor) -> NovelView:
    """The photos' colours on that depth: their median, and how far they are from it."""
    colors, seen = [], []
    for view, transform in zip(views, view_from_new, strict=True):
        drawn, inside = warped(camera, view, transform, (1 / depth)[None], view.rgb)
        colors.append(drawn[0])
        seen.append(inside[0])
    stacked, shown = torch.stack(colors), torch.stack(seen)
    masked = torch.where(shown[..., None], stacked, torch.nan)
    median = masked.nanmedian(0).values.nan_to_num(0.0)
    apart = (masked - median).abs().mean(-1).nanmean(0)
    count = shown.sum(0)
    silent = (count < LEAST_SHOWN) | ~(apart < DIFFERENT)
    sigma = torch.where(silent, torch.inf, NOISE + apart)
    near = torch.where(shown, (stacked - median).abs().mean(-1), torch.inf) < DIFFERENT
    weight = near.float()[..., None]
    mean = (weight * stacked).sum(0) / weight.sum(0).clamp_min(1.0)
    return NovelView(torch.where(silent[..., None], 0.0, mean), depth, sigma)


def _silent(camera: Camera) -> NovelView:
    shape = (camera.height, camera.width)
    return NovelView(torch.zeros(*shape, 3), torch.ones(shape), torch.full(shape, torch.inf))
