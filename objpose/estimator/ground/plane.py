"""The ground that most of a frame's objects stand on, from their poses alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from objpose.estimator.ground.contact import Contact, Ground, Standing, Support, contact, support, weighed
from objpose.poses import GroundPlane

ROUNDS = 4
PROPOSES = 0.1  # chance of a pose from which its sides may be the ground's
LEAST_NATS = 6.0  # for a ground, by the objects besides the one that proposed it
LOOSE = 0.5, 0.5, 10.0  # sigmas of a ground that nothing stands on: radians, radians, diameters
KNOWN = np.zeros((3, 3))


class Stand(NamedTuple):
    """How an object stands on the ground that all others agree on."""

    contact: Contact  # (1)
    support: Support  # (1)
    ground: GroundPlane


def find_ground(standings: Sequence[Standing]) -> Ground | None:
    """The likeliest (1) of those that a side of an object proposes; None where too few others agree."""
    best, most = None, LEAST_NATS
    for proposer in standings:
        grounds = _proposed(proposer)
        nats = sum((_nats(other, grounds) for other in standings if other is not proposer), np.zeros(1))
        if proposer.chance > PROPOSES and len(grounds.height) and nats.max() > most:
            best, most = grounds.only(int(nats.argmax())), nats.max()
    return best


def _proposed(standing: Standing) -> Ground:
    """Under each of its sides that the camera sees from above."""
    ups = standing.ups
    heights = (standing.lowest(ups) * ups).sum(1)
    return Ground(ups[heights < 0], heights[heights < 0])


def _nats(standing: Standing, ground: Ground) -> np.ndarray:
    """(P,) for grounds, by a pose that may be wrong."""
    nats = support(standing, contact(standing, ground), KNOWN).nats
    return np.logaddexp(np.log1p(-standing.chance), np.log(standing.chance) + nats)


def stands(standings: Sequence[Standing], ground: Ground) -> list[Stand]:
    """Of each object; the ground is refined in turn with what stands on it."""
    known = _plane(ground, KNOWN)
    found = [Stand(c, support(s, c, KNOWN), known) for s in standings for c in [contact(s, ground)]]
    for _ in range(ROUNDS):
        information, pull = _sums(standings, found)
        ground = ground.moved(-np.linalg.solve(information.sum(0) + _loose(standings), pull.sum(0))[None])
        found = [
            stand._replace(contact=contact(s, ground)) for stand, s in zip(found, standings, strict=True)
        ]
        found = _by_the_others(standings, found, ground)
    return found


def _by_the_others(standings: Sequence[Standing], found: Sequence[Stand], ground: Ground) -> list[Stand]:
    """On the ground as it is without the object itself."""
    information, pull = _sums(standings, found)
    by_others = []
    for i, (standing, stand) in enumerate(zip(standings, found, strict=True)):
        covariance = np.linalg.inv(np.delete(information, i, 0).sum(0) + _loose(standings))
        by = -covariance @ np.delete(pull, i, 0).sum(0)
        there = stand.contact.on_moved(by)
        plane = _plane(ground, covariance, by)
        by_others.append(Stand(there, support(standing, there, covariance), plane))
    return by_others


def _plane(ground: Ground, covariance: np.ndarray, by: np.ndarray | None = None) -> GroundPlane:
    """A ground (1), moved by (3,), with the covariance of where it is then."""
    moved = ground if by is None else ground.moved(by[None])
    normal, across = moved.normal[0], ground.across[0]
    across = across - np.outer(across @ normal, normal)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return GroundPlane(normal, float(moved.height[0]), across, covariance)


def _sums(standings: Sequence[Standing], found: Sequence[Stand]) -> tuple[np.ndarray, np.ndarray]:
    """(E, 3, 3) information of each object about the ground, and (E, 3) where it pulls it."""
    information, pull = np.zeros((len(found), 3, 3)), np.zeros((len(found), 3))
    for i, (standing, (there, stood, _)) in enumerate(zip(standings, found, strict=True)):
        by_ground = there.by_ground[0]
        trusted = by_ground.T @ weighed(stood, there.noise + there.of_pose(standing))
        information[i], pull[i] = trusted @ by_ground, trusted @ there.off[0]
    return information, pull


def _loose(standings: Sequence[Standing]) -> np.ndarray:
    """(3, 3) information."""
    largest = max(standing.diameter for standing in standings)
    return np.diag((np.array(LOOSE) * [1.0, 1.0, largest]) ** -2)


def settling(standing: Standing, stand: Stand) -> np.ndarray:
    """(6,) twist that brings the pose to the ground, as far as its object stands there."""
    by_pose, trusted = stand.contact.by_pose[0], _trusted(stand)
    information = np.linalg.inv(standing.covariance) + by_pose.T @ trusted @ by_pose
    return -np.linalg.solve(information, by_pose.T @ trusted @ stand.contact.off[0])


def posterior(covariance: np.ndarray, stand: Stand) -> np.ndarray:
    """(6, 6) covariance of a pose then, from that before."""
    by_pose = stand.contact.by_pose[0]
    after = np.linalg.inv(np.linalg.inv(covariance) + by_pose.T @ _trusted(stand) @ by_pose)
    return (after + after.T) / 2


def _trusted(stand: Stand) -> np.ndarray:
    """(3, 3) information of contact with a ground that is not known better than it is."""
    return weighed(stand.support, stand.contact.noise + stand.contact.of_ground(stand.ground.covariance))
