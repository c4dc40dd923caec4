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
from objpose.poses.distinct import best, best_distinct, distinct, separations
from objpose.poses.free_turn import FreeTurn
from objpose.poses.mirrored import mirrored_nats
from objpose.poses.on_splats import FINISH, Refinement, SplatRefineOptions, refine_crop, refine_splats
from objpose.poses.residuals.contact import (
    ABOVE,
    BELOW,
    FLAT,
    HEIGHT_SIGMA,
    HEIGHTS,
    TILT_SIGMA,
    TOUCHES,
    GroundPlane,
)
from objpose.poses.rgb import RGBOptions, find_rgb
from objpose.poses.rgbd import RGBDOptions, find_rgbd
from objpose.poses.rivals import prepare_looks
from objpose.poses.standing import find_standing
from objpose.poses.uncertainty import farthest_sigma, own_covariance, pose_covariance
from objpose.poses.witnesses import questioned, trusted_together

__all__ = [
    "ABOVE",
    "BELOW",
    "FINISH",
    "FLAT",
    "HEIGHTS",
    "HEIGHT_SIGMA",
    "RGB",
    "RGB_SEARCHED",
    "RGBD",
    "RIGHT",
    "TILT_SIGMA",
    "TOUCHES",
    "Ambiguity",
    "Calibration",
    "Chance",
    "FreeTurn",
    "GroundPlane",
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
    "farthest_sigma",
    "find_rgb",
    "find_rgbd",
    "find_standing",
    "left_covariance",
    "mirrored_nats",
    "own_covariance",
    "pose_covariance",
    "prepare_looks",
    "questioned",
    "refine_crop",
    "refine_splats",
    "separations",
    "share_odds",
    "shift_per_pixel",
    "trusted_together",
]
