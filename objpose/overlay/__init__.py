"""Pictures of the answers: estimates drawn into a frame, boxes of categories, and a tracker's states."""

from objpose.overlay.boxes import draw_boxes
from objpose.overlay.estimates import OUTLINES, draw_overlay
from objpose.overlay.states import STATUS_COLORS, draw_states
from objpose.overlay.strip import draw_strip

__all__ = ["OUTLINES", "STATUS_COLORS", "draw_boxes", "draw_overlay", "draw_states", "draw_strip"]
