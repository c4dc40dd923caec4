"""Look-alikes: found, compared where they differ, and given their shares of the chance."""

from objpose.poses.rivals.compare import Comparison, Weights
from objpose.poses.rivals.evidence import RGB_EVIDENCE, RGBD_EVIDENCE, Evidence, bounded
from objpose.poses.rivals.learned import Looks, prepare_looks
from objpose.poses.rivals.rivalry import Rivalry, rivalry

__all__ = [
    "RGBD_EVIDENCE",
    "RGB_EVIDENCE",
    "Comparison",
    "Evidence",
    "Looks",
    "Rivalry",
    "Weights",
    "bounded",
    "prepare_looks",
    "rivalry",
]
