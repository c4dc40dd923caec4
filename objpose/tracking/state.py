"""What a tracker says of an object after each frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from jaxtyping import Float
from torch import Tensor

from objpose.geometry import SE3


class Status(str, Enum):
    """How far a pose can be trusted; its value is what files say."""

    SEARCHING = "searching"  # never seen yet: no pose
    TRACKING = "tracking"  # the pose is that of this frame
    UNCERTAIN = "uncertain"  # followed, with evidence that is weak or at odds: do not act on it
    LOST = "lost"  # the pose is the last one that was trusted
    REACQUIRED = "reacquired"  # found again, as the last frames confirm: the pose is that of this frame


@dataclass(frozen=True, eq=False)
class TrackState:
    """One object in one frame."""

    object: str
    status: Status
    cam_from_obj: SE3 | None  # metres, OpenCV camera axes; None until the object is first seen
    confidence: float  # in [0, 1]: the chance of being within 10 % of the diameter everywhere
    # Of exp((v, w)) @ cam_from_obj; metres, radians. None where the pose is not one that this frame gave.
    covariance: Float[Tensor, "6 6"] | None
    velocity: Float[Tensor, 6] | None  # (v, w) about its centre, camera axes; metres, radians a second
    timestamp: float  # seconds
    reason: str  # in words: why the status is what it is
    latency: float  # seconds that `update` took for this object
    stats: dict[str, float] = field(default_factory=dict)  # what the confidence is made of

    @property
    def is_trusted(self) -> bool:
        """Whether the pose may be acted on."""
        return self.status in (Status.TRACKING, Status.REACQUIRED)
