"""What a score means: the chances that the pose is right, and how far off it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from objpose.geometry import SE3, Camera

RIGHT = 0.1  # of the diameter: what no point of a right pose is further off than
CERTAIN = 0.995  # share from which no rival is left
PRIOR_SHIFT = 0.5  # standard deviation, in diameters, of what no residual fixes
PRIOR_TURN = 3.0  # the same for rotations, radians


@dataclass(frozen=True)
class Chance:
    """Logistic model of a tolerance's being met, by a pose's verdict and its share among its rivals."""

    intercept: float
    weights: tuple[float, ...]  # (E,) of the evidence, of objects `answer.evidence`; none is negative
    share: float = 0.0  # of the log odds of the share: rivals that come near speak against all of them

    def of(self, evidence: Tensor, share: Tensor) -> Tensor:
        """(*,) in [0, 1] from evidence (*, E) and shares (*,): never more than the share."""
        odds = self.intercept + (evidence * evidence.new_tensor(self.weights)).sum(-1)
        return torch.minimum(torch.sigmoid(odds + self.share * share_odds(share)), share)


def share_odds(share: Tensor) -> Tensor:
    """(*,) log odds of shares (*,), those of CERTAIN at most."""
    return torch.logit(share, eps=1 - CERTAIN)


@dataclass(frozen=True)
class Calibration:
    """Models of "within 10 % of the diameter everywhere" and of the spread of right poses.

    Without depth an object's distance is known by its size in pixels: an outline that is one pixel off moves
    it by z^2 / (f D) along the ray. Where that is a tenth of the diameter D, no score makes the pose right.

    With depth fitted on synthetic scenes with known truth, of poor masks and of masks of other objects.
    Without depth fitted to photos that `training/` draws and, weighing as much, to half of the images of
    three sets, with the masks of other objects and without. benchmarks/calibration.py prints the constants,
    docs/benchmarks/choosing.md tells what they are worth.
    """

    right: Chance  # within RIGHT everywhere, as far as the outline's error allows it
    close: Chance  # within 5 pixels and 5 degrees: what can be asked for without depth
    outline_error: float  # pixels, one sigma of what the distance is known by; 0 with depth
    # Neighbouring pixels err together: the covariance of independent pixels, times this, has the errors of
    # right poses in its middle. With depth chosen on half the images of three sets.
    error_correlation: float
    # What moves all of an object's depth alike, and no residual sees: sigma of the depth's scale, and of its
    # registration to the colours, pixels. As consumer cameras have it; nothing was fitted.
    depth_gain: float = 0.0
    misregistration: float = 0.0

    def confidence(
        self, evidence: Tensor, share: Tensor, shift_per_pixel: Tensor, farthest: float = 0.0
    ) -> Tensor:
        """(*,) chance in [0, 1] that a pose is right, by its evidence (*, 7) and its share among its rivals.

        shift_per_pixel: (*,) diameters, see `shift_per_pixel`. farthest: diameters, one sigma of the point
        that depth's noise moves most.
        """
        chance, apart = self.right.of(evidence, share), self.outline_error * shift_per_pixel
        return chance * chance_within(RIGHT, torch.hypot(apart, torch.full_like(apart, farthest)))

    def covariance(self, information: Tensor, cam_from_obj: SE3, centre: Tensor, diameter: float) -> Tensor:
        """(6, 6) covariance of the left perturbation exp((v, w)) @ cam_from_obj, metres and radians.

        information: (6, 6) normal matrix about the object's centre, given as `centre` (3,), object frame.
        """
        return left_covariance(information / self.error_correlation, cam_from_obj, centre, diameter)

    def of_sensor(self, place: Tensor, camera: Camera) -> Tensor:
        """(3, 3) square metres, of what the sensor moves an object at a place (3,) by, camera frame."""
        place = place.double()
        ray = place / place.norm()
        along = torch.outer(ray, ray)
        beside = torch.eye(3, dtype=torch.float64) - along
        sigma = self.depth_gain * place[2], self.misregistration * place[2] / camera.fx
        return sigma[0] ** 2 * along + sigma[1] ** 2 * beside


def left_covariance(information: Tensor, cam_from_obj: SE3, centre: Tensor, diameter: float) -> Tensor:
    """(6, 6) covariance of the left perturbation exp((v, w)) @ cam_from_obj (), metres and radians.

    information: (6, 6) inverse covariance of twists about the object's centre (3,), object frame. What it
    leaves open is as wide as the object's diameter and a full turn allow.
    """
    prior = torch.tensor([PRIOR_SHIFT * diameter] * 3 + [PRIOR_TURN] * 3, dtype=torch.float64)
    about_centre = torch.linalg.inv(information.double() + torch.diag(prior**-2))
    shift = SE3.from_rotation_translation(torch.eye(3), cam_from_obj.apply(centre))
    adjoint = shift.adjoint().double()
    covariance = adjoint @ about_centre @ adjoint.T
    return (covariance + covariance.T) / 2


def shift_per_pixel(cam_from_obj: SE3, centre: Tensor, diameter: float, camera: Camera) -> Tensor:
    """() diameters that an object moves along the ray for an outline one pixel off: z^2 / (f D^2).

    centre: (3,) metres, object frame; its depth under the pose () is z. D: its diameter in metres.
    """
    z = cam_from_obj.apply(centre)[2].double()
    return z**2 / (camera.fx * diameter**2)


def chance_within(tolerance: float, sigma: Tensor) -> Tensor:
    """(*,) chance that a normal error of sigma (*,) is within the tolerance; 1 where sigma is 0."""
    return torch.special.erf(tolerance / (math.sqrt(2) * sigma))


RGBD = Calibration(
    right=Chance(-5.2, (11.0, 40.7, 5.2, 0.0, 0.0, 0.0, 1.5), 0.4),
    close=Chance(-4.1, (6.6, 32.2, 3.7, 0.0, 0.0, 0.0, 1.5), 0.4),
    outline_error=0.0,
    error_correlation=4.4,
    depth_gain=0.002,
    misregistration=0.5,
)
RGB = Calibration(
    # Something without a mask may always hide a part: empty patches say little.
    right=Chance(-12.06, (15.4, 1.6, 14.5, 0.28, 8.7, 3.86, 1.5), 0.45),
    close=Chance(-12.6, (14.5, 0.64, 17.1, 0.33, 6.12, 0.0, 1.5), 0.55),
    outline_error=1.04,
    error_correlation=59.0,
)
# Of places that a search has found without depth: most are of other things or of a part. The network knows
# these apart, where masks that somebody gave hardly ask for it. benchmarks/searched_places.py prints them.
RGB_SEARCHED = replace(
    RGB,
    right=Chance(-8.61, (8.91, 4.58, 8.22, 0.73, 6.99, 4.04, 1.5), 0.72),
    close=Chance(-9.85, (9.88, 4.52, 8.08, 0.77, 4.58, 3.41, 1.5), 0.76),
)
