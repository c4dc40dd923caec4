"""BOP's default detections: object labels, scores, boxes and masks of an image segmenter."""

import os
from dataclasses import dataclass, field

import numpy as np

from objpose.errors import InputError
from objpose.io.json_file import JsonValue, read_json
from objpose.io.mask_json import check_segmentation, decode_segmentation


@dataclass(frozen=True)
class BopDetection:
    """One detected object."""

    scene_id: int
    image_id: int
    obj_id: int
    score: float
    bbox: tuple[float, float, float, float] | None  # x, y, width, height in pixels
    entry: JsonValue = field(repr=False)

    @property
    def has_mask(self) -> bool:
        """False for a box alone."""
        return bool("segmentation" in self.entry and self.entry["segmentation"].value)

    def mask(self, size: tuple[int, int] | None = None) -> np.ndarray:
        """(H, W) bool, decoded from COCO RLE (compressed string or list of runs) or polygons.

        size: (width, height) of the image, which polygons do not say.

        Raises:
            InputError: no segmentation, another kind, or runs that do not fill its size.
        """
        return decode_segmentation(self.entry["segmentation"], size)


def read_detections(path: str | os.PathLike) -> list[BopDetection]:
    """Read a detections file: a list of {scene_id, image_id, category_id, score, bbox, segmentation}.

    Masks are decoded when asked for. A detection may have a box or a mask alone.

    Raises:
        InputError: missing or malformed file, a segmentation that is neither RLE nor polygons, or neither
            mask nor box; names the entry.
    """
    return [_detection(entry) for entry in read_json(path).items()]


def _box(value: JsonValue) -> tuple[float, float, float, float]:
    x, y, width, height = value.numbers(4)
    return x, y, width, height


def _detection(entry: JsonValue) -> BopDetection:
    detection = BopDetection(
        scene_id=entry["scene_id"].integer(),
        image_id=entry["image_id"].integer(),
        obj_id=entry["category_id"].integer(),
        score=entry["score"].number(),
        bbox=_box(entry["bbox"]) if "bbox" in entry else None,
        entry=entry,
    )
    if detection.has_mask:
        check_segmentation(entry["segmentation"])
    elif detection.bbox is None:
        raise InputError(f"{entry.file}: {entry.key_path}", "no mask and no box", "one of them", "add it")
    return detection
