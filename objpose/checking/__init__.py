"""The input doctor: what does not fit among picture, depth, camera, mask and object."""

from objpose.checking.finding import CAUSES, Finding, refused
from objpose.checking.findings import check
from objpose.checking.given import Given

__all__ = ["CAUSES", "Finding", "Given", "check", "refused"]
