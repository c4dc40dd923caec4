"""Whether a file of detections is of the targets that a run is to estimate."""

from collections.abc import Sequence
from pathlib import Path

from bop_eval.tasks import ImageTask
from objpose.errors import InputError, warn_input
from objpose.io import BopDetection

Wanted = tuple[int, int, int]  # scene, image, object


def check_coverage(file: Path, tasks: Sequence[ImageTask], detections: Sequence[BopDetection]) -> None:
    """Say which targets have no detection, as they will have no estimate.

    Detections of other images and objects are usual, as a file may cover a whole set; they are told beside
    targets that have none, for these may be the same by other numbers.

    Raises:
        InputError: there are detections, and none is of a target.
    """
    wanted = [(task.scene_id, task.im_id, one.obj_id) for task in tasks for one in task.objects]
    seen = list(dict.fromkeys((one.scene_id, one.image_id, one.obj_id) for one in detections))
    targets = set(wanted)
    lacking = sorted(targets.difference(seen))
    if not lacking:
        return
    other = next((one for one in seen if one not in targets), None)
    found = f"no detection of {len(lacking)} of {len(wanted)} targets, as {_told(lacking[0])}"
    beside = "" if other is None else f", but of {_told(other)}"
    if detections and len(lacking) == len(wanted):
        cure = "scene_id, image_id and category_id are to be the targets' scene_id, im_id and obj_id"
        raise InputError(file, found + beside, "detections of the targets", cure)
    warn_input(file, found + beside, "one of each", "they will have no estimate")


def _told(wanted: Wanted) -> str:
    scene_id, im_id, obj_id = wanted
    return f"object {obj_id} in image {im_id} of scene {scene_id}"
