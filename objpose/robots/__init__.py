"""From an object's pose to what a robot does: whether to act, where to grasp, what to tell others."""

from objpose.io.grasp_files import Grasp, read_grasps
from objpose.robots.decision import Limits, reason_to_refuse
from objpose.robots.grasps import Reach, nearest_reach
from objpose.robots.messages import detections, header_of, pose_with_covariance, transforms
from objpose.robots.placed import PlacedObject, in_base

__all__ = [
    "Grasp",
    "Limits",
    "PlacedObject",
    "Reach",
    "detections",
    "header_of",
    "in_base",
    "nearest_reach",
    "pose_with_covariance",
    "read_grasps",
    "reason_to_refuse",
    "transforms",
]
