"""Bundle adjustment with what is stated beside the photos.

Levenberg-Marquardt over cameras, points and squares, points eliminated (Triggs et al., Bundle adjustment,
2000). Without anything stated pycolmap's is as good and faster, and refines focal lengths, too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from objpose.cameras.scene.placement import Placement
from objpose.cameras.scene.residuals import Residuals, State
from objpose.cameras.scene.stated import AdjustmentOptions, Squares, StatedCameras
from objpose.cameras.scene.views import View


def adjust(
    views: list[View],
    placement: Placement,
    squares: Squares | None,
    stated: StatedCameras,
    options: AdjustmentOptions = AdjustmentOptions(),  # noqa: B008 - frozen
) -> tuple[Placement, Squares | None]:
    """Cameras, points and squares of least robust reprojection error and misfit of what is stated.

    All views of squares are placed. Intrinsics stay as they are.
    """
    order = sorted(placement.cams_from_world)
    system = Residuals(views, order, placement, squares, stated, options)
    now = State(np.array([placement.cams_from_world[one] for one in order]), placement.points, squares)
    cost, damping = system.cost(now), 1e-4
    for _ in range(options.iterations):
        normal = system.linearised(now)
        gain = 0.0
        while damping < 1e8:
            tried = now.moved(*normal.step(damping))
            new = system.cost(tried)
            if new < cost:
                gain, now, cost, damping = cost - new, tried, new, damping * 0.2
                break
            damping *= 5.0
        if gain <= options.settled * cost:
            break
    cams = dict(zip(order, now.cams, strict=True))
    return replace(placement, cams_from_world=cams, points=now.points), now.squares


def normal_of_stated(
    views: list[View],
    placement: Placement,
    squares: Squares | None,
    stated: StatedCameras,
    options: AdjustmentOptions = AdjustmentOptions(),  # noqa: B008 - frozen
) -> np.ndarray:
    """(6V, 6V) of the cameras' twists, in the order of their indices: what is stated alone says of them."""
    order = sorted(placement.cams_from_world)
    nothing = placement.select(np.zeros(placement.tracks.count, dtype=bool))
    system = Residuals(views, order, nothing, squares, stated, options)
    cams = np.array([placement.cams_from_world[one] for one in order])
    normal, size = system.linearised(State(cams, nothing.points, squares)).dense, 6 * len(order)
    across = normal[:size, size:]
    return normal[:size, :size] - across @ np.linalg.solve(normal[size:, size:], across.T)
