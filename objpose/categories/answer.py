"""What is answered of an instance of a category."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from objpose.geometry import SE3, Mesh, Symmetry
from objpose.poses import FreeTurn, Stats


@dataclass(frozen=True, eq=False)
class OtherInstance:
    """Another answer that may be the right one."""

    cam_from_obj: SE3  # as in CategoryEstimate
    size: Float[Tensor, " 3"]  # likewise
    share: float  # of the chance, see CategoryEstimate.share


@dataclass(frozen=True, eq=False)
class CategoryEstimate:
    """Pose, size and shape of an instance that nobody has seen before.

    Object frame: the middle of its box is the origin; z points to the opening or the cap, x of a cup to its
    handle; sides of a box x <= y <= z.
    """

    category: str
    cam_from_obj: SE3  # metres, OpenCV camera axes
    size: Float[Tensor, " 3"]  # metres, sides of the box along x, y, z
    size_sigma: Float[Tensor, " 3"]  # metres, one sigma: large along a side that is not in view
    shape: Mesh  # metres, object frame: what the category's model makes of what is seen, and of what is not
    symmetry: Symmetry  # turns that leave the instance as it is
    confidence: float  # in [0, 1]: the chance of a box overlap (3D IoU) above 0.5 within 10 deg and 5 cm
    covariance: Float[Tensor, "6 6"]  # of the left perturbation exp((v, w)) @ cam_from_obj; metres, radians
    score: float  # in [0, 1]: how well the fitted instance, drawn, explains the frame
    share: float  # in [0, 1], of this answer in the chance that it and its alternatives hold together
    alternatives: tuple[OtherInstance, ...]  # none equal by symmetry, likeliest first
    ambiguity: str = ""  # what the frame does not tell, in words; empty where it tells the pose
    free_turn: FreeTurn | None = None  # a range of turns that the frame does not tell apart
    reason: str = ""  # why it is not sure, in words; empty where it is
    stats: Stats = field(default_factory=dict)  # counts of each stage, and what the score is made of
    timings: dict[str, float] = field(default_factory=dict)  # seconds of each stage
    warnings: tuple[str, ...] = ()
