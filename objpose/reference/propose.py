"""Where a search for the relative pose of two views starts: PnP on reliefs that the first view may have."""

from __future__ import annotations

import numpy as np
import torch

from objpose.geometry import SE3
from objpose.reference.adjust import Pair
from objpose.robust import PnPEstimator, RansacOptions, ransac

SEARCH = RansacOptions(max_iterations=1500, min_iterations=500, batch_size=500, keep=3, refine_best=4)
LOOSE = 2.5  # standard deviations of what a point's place may err by, its relief included
# Amounts of a bulging relief's shapes (bulge, slants) that are tried: as expected, flat and slanted to each
# side, and hollow, as which every relief can be mistaken from afar (the Necker reversal).
SLANTED = [(-1.0, 1.5, 0.0), (-1.0, -1.5, 0.0), (-1.0, 0.0, 1.5), (-1.0, 0.0, -1.5)]
TRIED = [(0.0, 0.0, 0.0), *SLANTED, (-4.0, 0.0, 0.0)]


def starts(pair: Pair, weights: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(b_from_a (4, 4), amounts (L,)) of the modes of PnP under each relief.

    weights: (N,) by which matches count.
    """
    count = pair.relief.shapes.shape[1]
    tried = [np.array(amounts) for amounts in TRIED] if count else [np.zeros(0)]
    found = []
    for turn, amounts in enumerate(tried):
        points = torch.from_numpy(pair.relief.points(pair.rays_a, amounts)).float()
        rays = torch.from_numpy(pair.rays_b).float()
        error = LOOSE * (pair.noise + 0.5 * float(np.median(pair.relief.noise)))
        estimator = PnPEstimator(rays, points, torch.eye(3), error, torch.from_numpy(weights).float())
        models, _ = ransac(estimator, SEARCH, seed + turn)
        found += [(SE3(model).matrix().double().numpy(), amounts) for model in models]
    return found
