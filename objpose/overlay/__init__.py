"""Pictures of what was found: estimates, boxes, references, what tells two poses apart, tracked states."""

from objpose.overlay.boxes import draw_boxes
from objpose.overlay.difference import draw_difference
from objpose.overlay.estimates import OUTLINES, draw_overlay
from objpose.overlay.references import draw_reference
from objpose.overlay.states import STATUS_COLORS, draw_states
from objpose.overlay.strip import draw_strip

__all__ = [
    "OUTLINES",
    "STATUS_COLORS",
    "draw_boxes",
    "draw_difference",
    "draw_overlay",
    "draw_reference",
    "draw_states",
    "draw_strip",
]
