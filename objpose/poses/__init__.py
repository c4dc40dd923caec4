"""An object found in a frame: one pipeline, recipes of parts, and what an answer means."""

from objpose.poses.answer import PoseAnswer, Stats, Verdict
from objpose.poses.confidence import RGB, RGBD, Calibration
from objpose.poses.distinct import best_distinct, distinct
from objpose.poses.on_splats import FINISH, Refinement, SplatRefineOptions, refine_crop, refine_splats
from objpose.poses.rgb import RGBOptions, find_rgb
from objpose.poses.rgbd import RGBDOptions, find_rgbd

__all__ = [
    "FINISH",
    "RGB",
    "RGBD",
    "Calibration",
    "PoseAnswer",
    "RGBDOptions",
    "RGBOptions",
    "Refinement",
    "SplatRefineOptions",
    "Stats",
    "Verdict",
    "best_distinct",
    "distinct",
    "find_rgb",
    "find_rgbd",
    "refine_crop",
    "refine_splats",
]
