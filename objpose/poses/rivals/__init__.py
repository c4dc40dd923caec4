"""Look-alikes: found, compared where they differ, and given their shares of the chance."""

from objpose.poses.rivals.compare import Comparison, Weights
from objpose.poses.rivals.rivalry import Rivalry
from objpose.poses.rivals.shares import shares

__all__ = ["Comparison", "Rivalry", "Weights", "shares"]
