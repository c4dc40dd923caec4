"""The most likely place of the camera: robust least squares from a start; left-out samples foretold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from objpose.calibration.residuals import Chain, Unknowns, moved, squared_misses
from objpose.robust import LMOptions, levenberg_marquardt

ROUNDS = 3  # of fitting, and judging anew what a standard deviation is and which samples disagree
REACH = math.sqrt(60.0)  # standard deviations: of 6 numbers together, one good sample in 10^10 misses so far
MEDIAN = 5.348  # of chi squared of 6 degrees of freedom
STEPS = LMOptions(max_iterations=30, step_tolerance=1e-9)
EXACT = 1e-4  # least factor of the stated noise: exact data have none


@dataclass(frozen=True, eq=False)
class Fit:
    unknowns: Unknowns  # (1, 14)
    information: Tensor  # (1, N, 6, 6) of the samples, by the noise as stated
    noise: float  # by what factor the samples err more than stated
    agrees: Tensor  # (N,) bool
    normal: Tensor  # (12, 12) by the noise as found


def fitted(chain: Chain, start: Unknowns, board: Tensor, robot: Tensor) -> Fit:
    """From a start (1, 14); board, robot: covariances as in `Chain.information`, right up to one factor."""
    count = len(chain.base_from_gripper)
    unknowns, noise = start, math.inf
    weights = torch.ones(1, count, dtype=torch.float64)
    for _ in range(ROUNDS):
        information = chain.information(unknowns, board, robot)
        noise = max(EXACT, _noise(squared_misses(chain.misses(unknowns), information)[0]))
        reach = REACH * noise
        linearize = partial(chain.linearize, information=information, weights=weights, reach=reach)
        done = levenberg_marquardt(unknowns, linearize, moved, STEPS)
        unknowns = done.params
    squared = squared_misses(chain.misses(unknowns), information)[0]
    agrees = squared < (REACH * noise) ** 2
    freedom = max(1, 6 * int(agrees.sum()) - 12)
    noise = max(EXACT, math.sqrt(float(squared[agrees].sum()) / freedom))
    return Fit(unknowns, information, noise, agrees, done.normal[0] / noise**2)


def _noise(squared: Tensor) -> float:
    """Of squared misses (N,), half of which may be far off; 12 unknowns have taken their share."""
    freedom = max(1.0, 6.0 * len(squared) - 12) / (6 * len(squared))
    return math.sqrt(float(squared.median()) / (MEDIAN * freedom))


def foretold_misses(chain: Chain, fit: Fit) -> Tensor:
    """(N, 6) of each sample from where all others that agree foretell it."""
    count = len(chain.base_from_gripper)
    weights = fit.agrees.double() * (1 - torch.eye(count, dtype=torch.float64))
    information = fit.information.expand(count, -1, -1, -1)
    start = fit.unknowns.expand(count, -1)
    linearize = partial(chain.linearize, information=information, weights=weights, reach=REACH * fit.noise)
    done = levenberg_marquardt(start, linearize, moved, STEPS)
    return chain.misses(done.params).diagonal(dim1=0, dim2=1).mT
