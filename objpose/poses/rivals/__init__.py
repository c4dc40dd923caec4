"""Look-alikes: found, compared where they differ, and given their shares of the chance."""

from objpose.poses.rivals.compare import RGB_EVIDENCE, RGBD_EVIDENCE, Comparison, Weights
from objpose.poses.rivals.rivalry import Rivalry, rivalry

__all__ = ["RGBD_EVIDENCE", "RGB_EVIDENCE", "Comparison", "Rivalry", "Weights", "rivalry"]
