"""One image of a run: decode the masks, time the method, keep the best estimates of each object."""

import time

import numpy as np

from bop_eval.journal import ImageRecord, JournalEstimate
from bop_eval.methods import Estimate, MaskedObject, Method
from bop_eval.tasks import ImageTask, ObjectTask
from objpose.errors import InputError
from objpose.io import BopDetection, BopImage


def run_image(method: Method, image: BopImage, task: ImageTask) -> ImageRecord:
    """Run a method on one image.

    It is timed from the decoded pictures to the estimates, masks decoded within. What the method refuses as
    input is noted in the record: one image without depth must not end a run over a thousand.

    Raises:
        InputError: a picture or a mask that cannot be read, or a mask of another size.
    """
    image.decode()
    start = time.perf_counter()
    detections = [found for wanted in task.objects for found in _masked_objects(wanted, image)]
    problem, estimates = None, []
    try:
        estimates = method(image, detections) if detections else []
    except InputError as error:
        problem = str(error)
    time_s = time.perf_counter() - start
    chosen = tuple(_to_journal(best) for wanted in task.objects for best in _best(estimates, wanted))
    return ImageRecord(task.scene_id, task.im_id, time_s, chosen, problem)


def _masked_objects(wanted: ObjectTask, image: BopImage) -> list[MaskedObject]:
    """The detections with masks or boxes; those whose mask is empty, as segmenters do write, are left out."""
    if wanted.detections is None:
        return [MaskedObject(wanted.obj_id, None, 1.0)]
    masked = []
    for detection in wanted.detections:
        if not detection.has_mask:
            masked.append(MaskedObject(wanted.obj_id, None, detection.score, detection.bbox))
            continue
        mask = checked_mask(detection, image)
        if mask.any():
            masked.append(MaskedObject(wanted.obj_id, mask, detection.score))
    return masked


def checked_mask(detection: BopDetection, image: BopImage) -> np.ndarray:
    """(H, W) bool; raises InputError for a mask that cannot be decoded or is of another size."""
    mask = detection.mask((image.camera.width, image.camera.height))
    if mask.shape != (image.camera.height, image.camera.width):
        raise InputError(
            f"{detection.entry.file}: {detection.entry.key_path}",
            f"a mask of {mask.shape[1]} x {mask.shape[0]}",
            f"{image.camera.width} x {image.camera.height}, the size of {image.rgb_path.name}",
            "make the detections from the images of this set",
        )
    return mask


def _best(estimates: list[Estimate], wanted: ObjectTask) -> list[Estimate]:
    of_object = [estimate for estimate in estimates if estimate.obj_id == wanted.obj_id]
    return sorted(of_object, key=lambda estimate: -estimate.score)[: wanted.most_estimates]


def _to_journal(estimate: Estimate) -> JournalEstimate:
    wxyz_xyz = tuple(estimate.cam_from_obj.wxyz_xyz.double().reshape(7).tolist())
    return JournalEstimate(estimate.obj_id, float(estimate.score), wxyz_xyz)
