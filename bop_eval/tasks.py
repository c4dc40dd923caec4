"""What a run has to do: for each image the objects asked for and their detections."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from objpose.io import BopDetection, BopTarget

SPARE = 1  # detections tried beyond the instances asked for: a segmenter's labels are sometimes wrong


@dataclass(frozen=True)
class ObjectTask:
    """`inst_count` instances of an object, and the detections to try, best first; None: look for it."""

    obj_id: int
    inst_count: int
    detections: tuple[BopDetection, ...] | None

    @property
    def most_estimates(self) -> int:
        """How many estimates may be written: one more than asked for, as the score decides which count."""
        return self.inst_count + SPARE


@dataclass(frozen=True)
class ImageTask:
    """The objects asked for in one image."""

    scene_id: int
    im_id: int
    objects: tuple[ObjectTask, ...]


def image_tasks(targets: Iterable[BopTarget], detections: Iterable[BopDetection] | None) -> list[ImageTask]:
    """Group targets by image, in the order of their first mention, with the best detections of each.

    None in place of detections: the objects are to be looked for.
    """
    detections_of: dict[tuple[int, int, int], list[BopDetection]] = defaultdict(list)
    for detection in detections or ():
        detections_of[detection.scene_id, detection.image_id, detection.obj_id].append(detection)
    targets_of: dict[tuple[int, int], list[BopTarget]] = defaultdict(list)
    for target in targets:
        targets_of[target.scene_id, target.im_id].append(target)
    known = None if detections is None else detections_of
    return [
        ImageTask(*image, tuple(_object_task(target, known) for target in image_targets))
        for image, image_targets in targets_of.items()
    ]


def _object_task(
    target: BopTarget, detections_of: dict[tuple[int, int, int], list[BopDetection]] | None
) -> ObjectTask:
    if detections_of is None:
        return ObjectTask(target.obj_id, target.inst_count, None)
    found = detections_of.get((target.scene_id, target.im_id, target.obj_id), [])
    best_first = sorted(found, key=lambda detection: -detection.score)
    return ObjectTask(target.obj_id, target.inst_count, tuple(best_first[: target.inst_count + SPARE]))
