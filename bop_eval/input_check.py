"""What a run reads, looked at before the objects are onboarded: minutes later is too late for a refusal."""

from bop_eval.image_run import checked_mask
from bop_eval.methods import MethodSettings
from bop_eval.tasks import ImageTask
from objpose.errors import InputError, warn_input
from objpose.io import BopImage, JsonValue

Box = tuple[float, float, float, float]


def check_inputs(tasks: list[ImageTask], settings: MethodSettings) -> None:
    """Open every image of the tasks by its header, decode every mask, look at the boxes that stand for masks.

    Raises:
        InputError: as `BopDataset.image`, a set without depth for a method with it, masks that do not fit, or
            boxes that are not x, y, width, height in pixels.
    """
    images = [settings.image(task.scene_id, task.im_id) for task in tasks]
    if settings.with_depth and images and not any(image.depth_path for image in images):
        found = f"no depth of {len(images)} images"
        raise InputError(settings.dataset.split_dir, found, "depth images", "run it with --method rgb")
    detections = [
        (detection, image)
        for task, image in zip(tasks, images, strict=True)
        for wanted in task.objects
        for detection in wanted.detections or ()
    ]
    shows = [bool(checked_mask(one, image).any()) for one, image in detections if one.has_mask]
    if empty := shows.count(False):
        found = f"{empty} of {len(shows)} masks empty"
        warn_input("detections", found, "masks of objects", "they are left out")
    boxes = [
        (detection.entry, detection.bbox, image)
        for detection, image in detections
        if not detection.has_mask and detection.bbox is not None  # `read_detections` wants one of them
    ]
    if boxes:
        _check_boxes(boxes)


def _check_boxes(boxes: list[tuple[JsonValue, Box, BopImage]]) -> None:
    """Boxes that leave their image, while all of them fit as two corners, are corners."""
    first = boxes[0][0]
    where, expected = f"{first.file}: bbox", "x, y, width, height in pixels"
    if all(max(box) <= 1 for _, box, _ in boxes):
        cure = "multiply by the width and the height of the image"
        raise InputError(where, f"shares of the image, as {first['bbox'].value}", expected, cure)
    leaving = [entry for entry, box, image in boxes if not _fits(box[:2], box[2:], image)]
    corners = all(_fits(box[:2], _sides(box), image) for _, box, image in boxes)
    if leaving and corners:
        found = f"boxes that fit their images only as x1, y1, x2, y2, as {leaving[0]['bbox'].value}"
        raise InputError(where, found, expected, "write x2 - x1 and y2 - y1 in their place")


def _sides(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _fits(corner: tuple[float, ...], sides: tuple[float, ...], image: BopImage) -> bool:
    """Whether a box has an area and ends within its image, but for a pixel of rounding."""
    ends = [at + side for at, side in zip(corner, sides, strict=True)]
    inside = all(
        end <= size + 1 for end, size in zip(ends, (image.camera.width, image.camera.height), strict=True)
    )
    return min(sides) > 0 and inside
