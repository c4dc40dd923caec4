"""Places of a frame in which objects were looked for, and what was answered there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from objpose.estimator.in_masks import Asked, Found
from objpose.segmentation import Detection

SAME = 0.95  # intersection over union of masks from which one was looked at already


@dataclass(frozen=True, eq=False)
class Places:
    """answers: by target; stood: the targets that were looked for on the ground of the others as well."""

    asked: Asked
    answers: Found
    stood: frozenset[int] = frozenset()

    def index_of(self, detection: Detection) -> int | None:
        """The target that asks for the same object in nearly the same mask."""
        for index, (target, mask) in enumerate(zip(self.asked.targets, self.asked.masks, strict=True)):
            shared, either = (mask & detection.mask).sum(), (mask | detection.mask).sum()
            if target.object == detection.object and bool(shared > SAME * either):
                return index
        return None

    def joined(self, other: Places) -> Places:
        """With those of another of the same frame behind its own."""
        return Places(self.asked.joined(other.asked), [*self.answers, *other.answers], self.stood)

    def standing(self, answers: Found, targets: Iterable[int]) -> Places:
        """With other answers, some of which were looked for on the ground."""
        return replace(self, answers=answers, stood=self.stood | frozenset(targets))

    def chosen_of(self, detections: Sequence[Detection], limit: int) -> list[Detection]:
        """Of detections of one object, best first: `limit` new ones, and known ones that come before them."""
        chosen: list[Detection] = []
        new = 0
        for detection in detections:
            if new == limit:
                break
            chosen.append(detection)
            new += self.index_of(detection) is None
        return chosen
