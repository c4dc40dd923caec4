"""Whether a pose is good enough to act on; if not, why, in words."""

from __future__ import annotations

from dataclasses import dataclass

from objpose.estimator import PoseEstimate
from objpose.geometry import origin_and_turn_covariance


@dataclass(frozen=True)
class Limits:
    confidence: float = 0.7  # least chance of the pose being right
    rivals: float = 0.2  # most chance of other poses that the frame does not tell from this one
    sigma_m: float = (
        5e-3  # largest standard deviation of the object's place along any axis: grippers open wider
    )


def reason_to_refuse(estimate: PoseEstimate | None, limits: Limits = Limits()) -> str:
    """Empty for a pose to act on. None, nothing found, is refused too."""
    if estimate is None:
        return "no object found"
    if estimate.confidence < limits.confidence:
        return f"confidence {estimate.confidence:.2f}, below {limits.confidence:.2f}"
    if 1 - estimate.share > limits.rivals:
        which = estimate.ambiguity or "see alternatives"
        return f"other poses hold {1 - estimate.share:.2f} of the chance: {which}"
    covariance = origin_and_turn_covariance(estimate.cam_from_obj, estimate.covariance)
    sigma = float(covariance.diagonal()[:3].amax().clamp_min(0).sqrt())
    if sigma > limits.sigma_m:
        return f"place known to {1e3 * sigma:.1f} mm only, {1e3 * limits.sigma_m:.1f} mm allowed"
    return ""
