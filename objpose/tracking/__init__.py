"""Objects followed from frame to frame, by outline, depth and paint; lost ones are noticed and found again."""

from objpose.tracking.frames import frame_of, read_frames
from objpose.tracking.options import TrackerOptions
from objpose.tracking.state import Status, TrackState
from objpose.tracking.tracker import Tracker

__all__ = ["Status", "TrackState", "Tracker", "TrackerOptions", "frame_of", "read_frames"]
