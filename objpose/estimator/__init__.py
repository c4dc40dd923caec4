"""Onboarded objects and a frame in, poses with a confidence out."""

from objpose.estimator.estimate import Alternative, PoseEstimate, Target
from objpose.estimator.options import EstimatorOptions
from objpose.estimator.pose_estimator import OBJECTS, PoseEstimator

__all__ = ["OBJECTS", "Alternative", "EstimatorOptions", "PoseEstimate", "PoseEstimator", "Target"]
