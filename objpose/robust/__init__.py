"""The one RANSAC loop with its estimators, and Levenberg-Marquardt."""

from objpose.robust.lm import LONGEST, LMOptions, LMResult, levenberg_marquardt
from objpose.robust.losses import barron, soft_inlier, tukey, worst_of_barron
from objpose.robust.p3p import p3p
from objpose.robust.pnp import PnPEstimator
from objpose.robust.ransac import Estimator, RansacOptions, RansacStats, ransac, uniform_samples
from objpose.robust.rigid import RigidEstimator

__all__ = [
    "LONGEST",
    "Estimator",
    "LMOptions",
    "LMResult",
    "PnPEstimator",
    "RansacOptions",
    "RansacStats",
    "RigidEstimator",
    "barron",
    "levenberg_marquardt",
    "p3p",
    "ransac",
    "soft_inlier",
    "tukey",
    "uniform_samples",
    "worst_of_barron",
]
