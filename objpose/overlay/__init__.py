"""Pictures of the answers: estimates drawn into a frame, and a tracker's states."""

from objpose.overlay.estimates import OUTLINES, draw_overlay
from objpose.overlay.references import draw_reference
from objpose.overlay.states import STATUS_COLORS, draw_states
from objpose.overlay.strip import draw_strip

__all__ = ["OUTLINES", "STATUS_COLORS", "draw_overlay", "draw_reference", "draw_states", "draw_strip"]
