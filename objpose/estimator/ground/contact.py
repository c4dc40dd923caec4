"""What a pose says of the ground under its object: how flat the object lies on it, and how high."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from objpose.geometry import RestingSides
from objpose.geometry.rigid_matrices import cross_matrices
from objpose.poses import ABOVE, BELOW, FLAT, HEIGHT_SIGMA, HEIGHTS, TILT_SIGMA, TOUCHES

NO_SIDE = np.pi  # radians, of a side that does not point down


class Ground(NamedTuple):
    """Planes normal . x = height, camera frame, metres."""

    normal: np.ndarray  # (P, 3) unit, up
    height: np.ndarray  # (P,), below 0 where the camera is above it

    @property
    def across(self) -> np.ndarray:
        """(P, 2, 3) unit, along the planes."""
        return np.linalg.svd(self.normal[:, None])[2][:, 1:]

    def moved(self, by: np.ndarray) -> Ground:
        """Tilted by (P, 2) along `across`, and raised: (P, 3)."""
        normal = self.normal + np.einsum("pi,pij->pj", by[:, :2], self.across)
        return Ground(normal / np.linalg.norm(normal, axis=-1, keepdims=True), self.height + by[:, 2])

    def only(self, index: int) -> Ground:
        """One of them (1)."""
        return Ground(self.normal[index, None], self.height[index, None])


@dataclass(frozen=True, eq=False)
class Standing:
    """A pose found, as far as the ground concerns it."""

    sides: RestingSides
    rotation: np.ndarray  # (3, 3) of cam_from_obj
    translation: np.ndarray  # (3,)
    covariance: np.ndarray  # (6, 6) of the left perturbation
    chance: float  # of the pose's being right
    diameter: float

    @property
    def ups(self) -> np.ndarray:
        """(F, 3) unit, camera frame: the ground's normals under each of the object's sides."""
        return -self.sides.normals @ self.rotation.T

    def lowest(self, normal: np.ndarray) -> np.ndarray:
        """(P, 3) what touches planes that come from below, their normals (P, 3)."""
        corners = self.sides.corners @ self.rotation.T + self.translation
        heights = corners @ normal.T
        touching = heights < heights.min(0) + HEIGHT_SIGMA * self.diameter
        return touching.T @ corners / touching.sum(0)[:, None]


class Contact(NamedTuple):
    """The tilt of an object's nearest side and the height of its lowest point, by P grounds, linearised."""

    off: np.ndarray  # (P, 3) radians, radians, metres
    by_pose: np.ndarray  # (P, 3, 6) derivatives by the left perturbation of the pose
    by_ground: np.ndarray  # (P, 3, 3) by what `Ground.moved` takes
    noise: np.ndarray  # (3, 3) covariance of contact itself

    def of_pose(self, standing: Standing) -> np.ndarray:
        """(P, 3, 3) covariance by the pose's own."""
        return self.by_pose @ standing.covariance @ self.by_pose.swapaxes(-1, -2)

    def of_ground(self, covariance: np.ndarray) -> np.ndarray:
        """(P, 3, 3) covariance by the ground's (3, 3)."""
        return self.by_ground @ covariance @ self.by_ground.swapaxes(-1, -2)

    def on_moved(self, by: np.ndarray) -> Contact:
        """With the ground moved by (3,), to first order."""
        return self._replace(off=self.off + self.by_ground @ by)


def contact(standing: Standing, ground: Ground) -> Contact:
    across, normal, ups, low = ground.across, ground.normal, standing.ups, standing.lowest(ground.normal)
    nearest = ups[(normal @ ups.T).argmax(1)]
    tilt = np.einsum("pij,pj->pi", across, nearest)
    tilt[(nearest * normal).sum(1) <= 0] = NO_SIDE
    off = np.column_stack([tilt, (normal * low).sum(1) - ground.height])
    by_pose, by_ground = np.zeros((len(off), 3, 6)), np.zeros((len(off), 3, 3))
    by_pose[:, :2, 3:] = -across @ cross_matrices(nearest)
    by_pose[:, 2, :3], by_pose[:, 2, 3:] = normal, np.cross(low, normal)
    by_ground[:, [0, 1], [0, 1]] = by_ground[:, 2, 2] = -1
    by_ground[:, 2, :2] = np.einsum("pij,pj->pi", across, low)
    sigmas = np.array([TILT_SIGMA, TILT_SIGMA, HEIGHT_SIGMA * standing.diameter])
    return Contact(off, by_pose, by_ground, np.diag(sigmas**2))


class Support(NamedTuple):
    """Chances in [0, 1] that a pose is right and its object lies flat, or touches the ground."""

    flat: np.ndarray  # (P,)
    touches: np.ndarray  # (P,)
    nats: np.ndarray  # (P,) for a right pose's being where it is, against any place


def support(standing: Standing, found: Contact, ground_covariance: np.ndarray) -> Support:
    """By contact with grounds that are known to a covariance (3, 3) without the object."""
    spread = found.noise + found.of_pose(standing) + found.of_ground(ground_covariance)
    some_side = np.log(len(standing.sides.normals) / (4 * np.pi))  # a side's tilt, where it may be any
    anywhere = some_side - np.log(HEIGHTS * standing.diameter)
    flat = np.log(FLAT) + _log_normal(found.off, spread) - anywhere
    touches = np.log(TOUCHES) + some_side + _log_normal(found.off[:, 2:], spread[:, 2:, 2:]) - anywhere
    elsewhere = np.log(ABOVE * ndtr(found.off[:, 2] / np.sqrt(spread[:, 2, 2])) + BELOW)
    nats = np.logaddexp(np.logaddexp(flat, touches), elsewhere)
    right, wrong = np.log(standing.chance), np.log1p(-standing.chance)
    odds = right - np.logaddexp(right + nats, wrong)
    return Support(np.exp(odds + flat), np.exp(odds + touches), nats)


def weighed(stood: Support, covariance: np.ndarray) -> np.ndarray:
    """(3, 3) information in a contact (1) of a covariance (1, 3, 3), as far as there is one."""
    information = stood.flat[0] * np.linalg.inv(covariance[0])
    information[2, 2] += stood.touches[0] / covariance[0, 2, 2]
    return information


def _log_normal(off: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """(P,) of errors (P, n), covariances (P, n, n)."""
    squared = (off * np.linalg.solve(covariance, off[..., None])[..., 0]).sum(-1)
    return -0.5 * (squared + np.linalg.slogdet(2 * np.pi * covariance)[1])
