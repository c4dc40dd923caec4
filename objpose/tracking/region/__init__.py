"""An object's outline in frames, told from its background by colour."""

from objpose.tracking.region.colours import Colours
from objpose.tracking.region.region import Region

__all__ = ["Colours", "Region"]
