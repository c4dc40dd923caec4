"""Placements by outlines grow: three photos or a group first, then one or one group after the other.

Many are kept at once, the fewer the more photos they hold, as fewer rivals are left then (a beam search).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objpose.cameras.silhouettes.coherence import Coherence
from objpose.cameras.silhouettes.options import SearchOptions
from objpose.cameras.silhouettes.sphere import Sphere, plane_nats, turn_between
from objpose.cameras.silhouettes.stages import COARSE, FINE, MEDIUM, Stage

BATCH = 2000  # placements whose planes are looked at in one go


@dataclass(frozen=True, eq=False)
class Group:
    """Photos that stand to each other as is known; cams: (G, 4, 4) about the object's middle, in the orbit's
    unit.
    """

    photos: tuple[int, ...]
    cams: np.ndarray


@dataclass(frozen=True, eq=False)
class Placements:
    """cams: (B, K, 4, 4) of photos (K,); cost: (B,)."""

    cams: np.ndarray
    photos: np.ndarray
    cost: np.ndarray

    def unlike(self, degrees: float, most: int) -> Placements:
        """The best of those in which any photo is turned otherwise to the first by so many degrees."""
        turns = np.matmul(self.cams[:, :, :3, :3], self.cams[:, :1, :3, :3].swapaxes(-1, -2))
        kept: list[int] = []
        least = 1.0 + 2.0 * np.cos(np.radians(degrees))
        for one in np.argsort(self.cost, kind="stable"):
            if len(kept) == most:
                break
            same = np.einsum("knij,nij->kn", turns[kept], turns[one]).min(1, initial=3.0) > least
            if not same.any():
                kept.append(int(one))
        return Placements(self.cams[kept], self.photos, self.cost[kept])

    def beside(self, other: Placements) -> Placements:
        """With those of another search of the same photos."""
        cams, cost = np.concatenate([self.cams, other.cams]), np.concatenate([self.cost, other.cost])
        return Placements(cams, self.photos, cost)

    def ordered(self, photos: np.ndarray) -> Placements:
        """The same with the photos in this order."""
        places = [int(np.flatnonzero(self.photos == photo)[0]) for photo in photos]
        return Placements(self.cams[:, places], photos, self.cost)


class Growth:
    """All that a search needs."""

    def __init__(self, coherence: Coherence, sphere: Sphere, options: SearchOptions):
        self.coherence, self.sphere, self.options = coherence, sphere, options

    def grown(self, groups: Sequence[Group]) -> Placements:
        """Of all photos of the groups, the largest first; three of single photos at least."""
        if len(groups[0].photos) > 1:
            start, left = self._from_group(groups[0]), groups[1:]
        else:
            start, left = self._from_three([group.photos[0] for group in groups[:3]]), groups[3:]
        for group in left:
            start = self.with_group(start, group, self._kept(len(start.photos) + len(group.photos)))
        return start

    def _kept(self, photos: int) -> int:
        kept = self.options.kept
        return kept[min(max(photos - 3, 0), len(kept) - 1)]

    def _from_three(self, photos: Sequence[int]) -> Placements:
        chosen = np.array(photos)
        cams = self.sphere.triples(chosen, self.options.triples)
        cost = self.coherence.cost(cams, chosen, 8.0, COARSE)
        cams = self.coherence.fitted(
            cams[np.argsort(cost)[: self.options.fitted]], chosen, [Stage(8.0, 4, COARSE)]
        )
        return self._weighed(cams, chosen, 3.0).unlike(self.options.unlike_deg, self._kept(3))

    def _from_group(self, group: Group) -> Placements:
        """At every height; the world's up is z then."""
        anchors = self.sphere.cams[group.photos[0]][:, 0]
        return self._weighed(_carried(group, anchors), np.array(group.photos), 3.0)

    def _weighed(self, cams: np.ndarray, photos: np.ndarray, blur: float) -> Placements:
        return Placements(cams, photos, self.coherence.cost(cams, photos, blur, COARSE))

    def with_group(self, placed: Placements, group: Group, kept: int) -> Placements:
        """Each placement with the group where its outlines want it."""
        photos = np.append(placed.photos, group.photos)
        new = list(range(len(placed.photos), len(photos)))
        rough = self._rough(placed, group, photos, new)
        chosen = np.argsort(rough.cost)[: max(4 * kept, 60)]
        cams = self.coherence.fitted(rough.cams[chosen], photos, [Stage(6.0, 4, COARSE)], new)
        some = self._weighed(cams, photos, 3.0).unlike(self.options.unlike_deg, 2 * kept)
        cams = self.coherence.fitted(some.cams, photos, [Stage(4.0, 4, COARSE)])
        some = self._weighed(cams, photos, 2.0).unlike(self.options.unlike_deg, kept)
        cams = self.coherence.fitted(some.cams, photos, [Stage(2.0, 3, MEDIUM)])
        cost = self.coherence.cost(cams, photos, 1.0, FINE)
        return Placements(cams, photos, cost).unlike(0.8 * self.options.unlike_deg, kept)

    def _rough(self, placed: Placements, group: Group, photos: np.ndarray, new: list[int]) -> Placements:
        """With the group's first photo in every direction, those of each placement that planes allow."""
        anchors = self.anchors(placed, group.photos[0])
        moved = _carried(group, anchors.reshape(-1, 4, 4)).reshape(*anchors.shape[:2], -1, 4, 4)
        both = np.broadcast_arrays(placed.cams[:, None, :, None], moved[:, :, None])[0][:, :, :, 0]
        whole = np.concatenate([both, moved], axis=2)
        part, flat = self.coherence.orbit.among(photos, new), whole.reshape(-1, *whole.shape[2:])
        starts = range(0, len(flat), BATCH)
        nats = np.concatenate([plane_nats(part, flat[one : one + BATCH]) for one in starts]).reshape(
            whole.shape[:2]
        )
        most = min(whole.shape[1], max(12, 1500 // len(whole)))
        best = np.argsort(-nats, axis=1)[:, :most]
        cams = np.take_along_axis(whole, best[..., None, None, None], axis=1).reshape(-1, *whole.shape[2:])
        return self._weighed(cams, photos, 6.0)

    def anchors(self, placed: Placements, photo: int) -> np.ndarray:
        """(B, S, 4, 4) a photo in all directions, as each placement has up."""
        up = np.tile([0.0, 0.0, 1.0], (len(placed.cams), 1))
        if len(placed.photos) > 2:  # of fewer it is hardly told
            up = self.coherence.orbit.among(placed.photos).up(placed.cams)
        turns = np.stack([turn_between(one, np.array([0.0, 0.0, 1.0])) for one in up])
        everywhere = self.sphere.cams[photo].reshape(-1, 4, 4)
        cams = np.tile(everywhere, (len(up), 1, 1, 1))
        cams[..., :3, :3] = np.matmul(everywhere[None, :, :3, :3], turns[:, None])
        return cams


def _carried(group: Group, anchors: np.ndarray) -> np.ndarray:
    """(B, G, 4, 4) a group after its first photo is turned as anchors (B, 4, 4) are."""
    first = np.broadcast_to(group.cams[0], anchors.shape).copy()
    if len(group.photos) == 1:
        return anchors[:, None]
    first[:, :3, :3] = anchors[:, :3, :3]
    return np.matmul(group.cams @ np.linalg.inv(group.cams[0]), first[:, None])
