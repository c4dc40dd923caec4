"""Where a search for the relative pose of two views starts: PnP on the relief of the first view."""

from __future__ import annotations

import numpy as np
import torch

from objpose.geometry import SE3
from objpose.reference.adjust import Pair
from objpose.robust import PnPEstimator, RansacOptions, ransac

SEARCH = RansacOptions(max_iterations=1500, min_iterations=500, batch_size=500, keep=3, refine_best=4)
LOOSE = 2.5  # standard deviations of what a point's place may err by, its relief included


def starts(pair: Pair, weights: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(b_from_a (4, 4), amounts (L,)) of the modes of PnP on the expected relief of the first view.

    weights: (N,) by which matches count.
    """
    expected = pair.relief.points(pair.rays_a, np.zeros(pair.relief.shapes.shape[1]))
    points, rays = torch.from_numpy(expected).float(), torch.from_numpy(pair.rays_b).float()
    error = LOOSE * float(np.median(pair.noise) + 0.5 * np.median(pair.relief.noise))
    estimator = PnPEstimator(rays, points, torch.eye(3), error, torch.from_numpy(weights).float())
    models, _ = ransac(estimator, SEARCH, seed)
    return [(SE3(model).matrix().double().numpy(), np.zeros(pair.amounts)) for model in models]
