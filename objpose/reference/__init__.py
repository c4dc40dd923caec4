"""One reference photo (POPE): an object seen once, found in other photos."""

from objpose.reference.answer import ReferenceAlternative, ReferencePose
from objpose.reference.options import ReferenceOptions
from objpose.reference.reference import Reference, onboard_reference

__all__ = [
    "Reference",
    "ReferenceAlternative",
    "ReferenceOptions",
    "ReferencePose",
    "onboard_reference",
]
