"""The one RANSAC loop with its estimators, and Levenberg-Marquardt."""

from objpose.robust.lm import LMOptions, LMResult, levenberg_marquardt, solve_damped
from objpose.robust.p3p import p3p
from objpose.robust.pnp import PnPEstimator
from objpose.robust.ransac import Estimator, RansacOptions, RansacStats, ransac, uniform_samples
from objpose.robust.rigid import RigidEstimator

__all__ = [
    "Estimator",
    "LMOptions",
    "LMResult",
    "PnPEstimator",
    "RansacOptions",
    "RansacStats",
    "RigidEstimator",
    "levenberg_marquardt",
    "p3p",
    "ransac",
    "solve_damped",
    "uniform_samples",
]
