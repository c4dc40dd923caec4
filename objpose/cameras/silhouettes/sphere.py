"""Directions from which an object may be seen, and what two photos' outlines say of any two of them.

That depends on how far either is above the horizon and on the angle between them alone: one table a pair.
"""

from __future__ import annotations

import numpy as np

from objpose.cameras.silhouettes.options import OrbitOptions
from objpose.cameras.silhouettes.orbit import Orbit


class Sphere:
    """E heights above the horizon, each with a roll, and A angles around, radians.

    cams: (N, E, A, 4, 4) of each photo there, level in a world whose up is z.
    """

    def __init__(self, orbit: Orbit, options: OrbitOptions):
        low, high = options.above_deg
        above = np.radians(np.arange(low, high + 1e-6, options.step_deg))
        # What lies on its side may do so on either, from photo to photo.
        rolls = [0.0] if orbit.level[0] > 0.5 else [0.0, np.pi]
        self.heights = [(height, roll) for roll in rolls for height in above]
        self.around = np.radians(np.arange(0.0, 360.0 - 1e-6, options.step_deg))
        self.orbit, self.options = orbit, options
        turns = np.stack([[self._turn(*height, angle) for angle in self.around] for height in self.heights])
        self.cams = np.stack([self._of_photo(photo, turns) for photo in range(len(orbit.size))])

    def _turn(self, above: float, roll: float, angle: float) -> np.ndarray:
        """(3, 3) of a camera that looks at the origin, rolled beside what is level."""
        out = np.array([np.cos(above) * np.cos(angle), np.cos(above) * np.sin(angle), np.sin(above)])
        right = np.array([-np.sin(angle), np.cos(angle), 0.0])
        x, y = np.cos(roll) * self.orbit.level[:2]
        rolled = np.array([[x, -y, 0.0], [y, x, 0.0], [0.0, 0.0, 1.0]])
        return rolled @ np.stack([right, np.cross(-out, right), -out])

    def _of_photo(self, photo: int, turns: np.ndarray) -> np.ndarray:
        """(E, A, 4, 4) with the object's middle where its outline's is."""
        ahead = np.append(self.orbit.centre[photo], 1.0)
        cams = np.zeros((*turns.shape[:2], 4, 4))
        cams[..., :3, :3] = _turn_to(ahead) @ turns
        cams[..., :3, 3], cams[..., 3, 3] = ahead / self.orbit.size[photo], 1.0
        return cams

    def tables(self, photos: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
        """(E, E, A) nats of each pair (a, b) of places in photos: heights of both, and steps from a to b."""
        found = {}
        for a, b in self.orbit.among(photos).pairs.tolist():
            part = self.orbit.among(photos[[a, b]])
            first, second = self.cams[photos[a]][:, None, :1], self.cams[photos[b]][None]
            both = np.stack(np.broadcast_arrays(first, second), axis=3)
            nats = plane_nats(part, both.reshape(-1, 2, 4, 4)).reshape(both.shape[:3])
            found[a, b] = nats
            found[b, a] = np.roll(nats.swapaxes(0, 1)[:, :, ::-1], 1, axis=2)
        return found

    def triples(self, photos: np.ndarray, most: int) -> np.ndarray:
        """(B, 3, 4, 4) the likeliest placements of three photos, the first at angle 0."""
        of = self.tables(photos)
        heights, around = len(self.heights), len(self.around)
        e1, e2, a2 = np.indices((heights, heights, around)).reshape(3, -1)
        best = of[0, 1][e1, e2, a2][:, None, None] + of[0, 2][e1]
        steps = (np.arange(around) - a2[:, None]) % around
        best = best + np.take_along_axis(of[1, 2][e2], np.broadcast_to(steps[:, None], best.shape), axis=2)
        flat = best.ravel()
        chosen = np.argpartition(-flat, min(most, len(flat)) - 1)[:most]
        pair, e3, a3 = np.unravel_index(chosen, best.shape)
        one, two, three = self.cams[photos[0]], self.cams[photos[1]], self.cams[photos[2]]
        return np.stack([one[e1[pair], 0], two[e2[pair], a2[pair]], three[e3, a3]], axis=1)


def plane_nats(orbit: Orbit, cams: np.ndarray) -> np.ndarray:
    """(B,) nats in favour of rough placements (B, N, 4, 4): the planes that touch the object are off by a
    share of its size at right ones, by far more at wrong ones.
    """
    return pair_nats(orbit, cams).sum(1)


def pair_nats(orbit: Orbit, cams: np.ndarray) -> np.ndarray:
    """(B, P) the same of the planes of each pair of photos."""
    off, size = orbit.planes(cams)
    sigma, wide = np.hypot(1.0, orbit.options.coarse * size), np.hypot(1.0, orbit.options.wide * size)
    ratio = wide / sigma * np.exp(-0.5 * off**2 * (1.0 / sigma**2 - 1.0 / wide**2))
    share = orbit.options.fails
    return np.where(size > 0, np.log((1.0 - share) * ratio + share), 0.0).sum(2)


def _turn_to(ahead: np.ndarray) -> np.ndarray:
    """(3, 3) the least turn that brings z to a direction (3,)."""
    return turn_between(np.array([0.0, 0.0, 1.0]), ahead / np.linalg.norm(ahead))


def turn_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(3, 3) the least turn that brings one unit vector (3,) to another; half a turn about x for opposite
    ones.
    """
    cosine, (x, y, z) = float(first @ second), np.cross(first, second)
    if cosine < -0.9999:
        return np.diag([1.0, -1.0, -1.0])
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + cosine)
