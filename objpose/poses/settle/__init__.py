"""Thousands of hypotheses at once, on the surface: ICP, and how well scene points lie on it."""

from objpose.poses.settle.icp import icp
from objpose.poses.settle.scoring import pose_score, surface_score

__all__ = ["icp", "pose_score", "surface_score"]
