"""How far placements by outlines are to be trusted: what rivals say, and how far cameras can still move."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from objpose.cameras.scene.relative import relative_pose
from objpose.cameras.silhouettes.options import BeliefOptions
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import direction_degrees, rotation_degrees


@dataclass(frozen=True, eq=False)
class Beliefs:
    """chance: of every pair of photos (a, b), a < b, to stand right; shares: (B,) of all placements, the best
    first.
    """

    chance: dict[Pair, float]
    shares: np.ndarray


def beliefs(cams: np.ndarray, nats: np.ndarray, rms: float, options: BeliefOptions) -> Beliefs:
    """Of placements (B, N, 4, 4), the best first, and the nats (B,) against each; rms: sigmas that the best
    is off.

    A pair stands right where the placements in which it stands as in the best hold most of the belief. What
    the search did not find has a share, too, which is the larger the less the photos constrain each other.
    """
    photos = cams.shape[1]
    weights = np.exp(-(nats - nats[0]) / options.temperature_at(rms))
    unseen = options.unseen * np.exp(-max(photos - 3, 0) / options.unseen_photos)
    total = weights.sum() + unseen
    chance = {}
    for a, b in combinations(range(photos), 2):
        alike = [same_pair(cams[0], other, a, b, options.right_deg) for other in cams]
        chance[a, b] = float(weights[alike].sum() / total)
    return Beliefs(chance, weights / total)


def same_pair(cams: np.ndarray, others: np.ndarray, a: int, b: int, degrees: float) -> bool:
    """Whether two photos stand to each other alike in two placements (N, 4, 4)."""
    here = relative_pose({a: cams[a], b: cams[b]}, a, b)
    there = relative_pose({a: others[a], b: others[b]}, a, b)
    turned = rotation_degrees(here[:3, :3].T @ there[:3, :3])
    return max(turned, direction_degrees(here[:3, 3], there[:3, 3])) <= degrees


def mirrored(cams: np.ndarray) -> np.ndarray:
    """(N, 4, 4) the placement that the same outlines allow from afar: cameras and object in a mirror.

    Outlines under weak perspective do not tell an object from its mirror image in depth seen from behind: all
    turns go the other way round, and what was seen from above is seen from below (LU-NeRF's mirror symmetry;
    Necker's cube).
    """
    mirror = np.diag([1.0, 1.0, -1.0])
    other = cams.copy()
    other[:, :3, :3] = mirror @ cams[:, :3, :3] @ mirror
    return other
