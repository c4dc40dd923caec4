"""The one RANSAC loop with its estimators, and Levenberg-Marquardt."""

from objpose.robust.lm import LMOptions, LMResult, levenberg_marquardt, solve_damped
from objpose.robust.ransac import Estimator, RansacOptions, RansacStats, ransac, uniform_samples
from objpose.robust.rigid import RigidEstimator

__all__ = [
    "Estimator",
    "LMOptions",
    "LMResult",
    "RansacOptions",
    "RansacStats",
    "RigidEstimator",
    "levenberg_marquardt",
    "ransac",
    "solve_damped",
    "uniform_samples",
]
