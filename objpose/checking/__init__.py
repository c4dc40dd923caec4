"""The input doctor: what does not fit among picture, depth, camera, mask and object."""

from objpose.checking.finding import CAUSES, Finding, refused
from objpose.checking.findings import check
from objpose.checking.given import Given
from objpose.checking.intrinsics import names_other_size

__all__ = ["CAUSES", "Finding", "Given", "check", "names_other_size", "refused"]
