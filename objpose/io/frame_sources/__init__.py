"""Frames from wherever they are: numbered pictures, BOP scenes, videos, bags of ROS, a camera.

Each source yields arrays, the camera and the time of a frame, one at a time; `objpose.tracking.read_frames`
makes Frames of them.
"""

from objpose.io.frame_sources.open import open_source
from objpose.io.frame_sources.shot import Shot, Source

__all__ = ["Shot", "Source", "open_source"]
