"""Pictures of what was found: estimates, what tells two of them apart, and states of a tracker."""

from objpose.overlay.difference import draw_difference
from objpose.overlay.estimates import OUTLINES, draw_overlay
from objpose.overlay.states import STATUS_COLORS, draw_states
from objpose.overlay.strip import draw_strip

__all__ = ["OUTLINES", "STATUS_COLORS", "draw_difference", "draw_overlay", "draw_states", "draw_strip"]
