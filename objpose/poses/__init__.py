"""An object found in a frame: one pipeline, recipes of parts, and what an answer means."""

from objpose.poses.ambiguity import Ambiguity, ambiguity
from objpose.poses.answer import PoseAnswer, Stats, Verdict, evidence
from objpose.poses.confidence import (
    RGB,
    RGB_SEARCHED,
    RGBD,
    RIGHT,
    Calibration,
    Chance,
    chance_within,
    left_covariance,
    share_odds,
    shift_per_pixel,
)
from objpose.poses.distinct import best, best_distinct, distinct
from objpose.poses.free_turn import FreeTurn
from objpose.poses.mirrored import mirrored_nats
from objpose.poses.on_splats import FINISH, Refinement, SplatRefineOptions, refine_crop, refine_splats
from objpose.poses.rgb import RGBOptions, find_rgb
from objpose.poses.rgbd import RGBDOptions, find_rgbd
from objpose.poses.rivals import prepare_looks
from objpose.poses.uncertainty import pose_covariance
from objpose.poses.witnesses import questioned, trusted_together

__all__ = [
    "FINISH",
    "RGB",
    "RGB_SEARCHED",
    "RGBD",
    "RIGHT",
    "Ambiguity",
    "Calibration",
    "Chance",
    "FreeTurn",
    "PoseAnswer",
    "RGBDOptions",
    "RGBOptions",
    "Refinement",
    "SplatRefineOptions",
    "Stats",
    "Verdict",
    "ambiguity",
    "best",
    "best_distinct",
    "chance_within",
    "distinct",
    "evidence",
    "find_rgb",
    "find_rgbd",
    "left_covariance",
    "mirrored_nats",
    "pose_covariance",
    "prepare_looks",
    "questioned",
    "refine_crop",
    "refine_splats",
    "share_odds",
    "shift_per_pixel",
    "trusted_together",
]
