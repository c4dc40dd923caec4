"""BOP's default detections: object labels, scores, boxes and masks of an image segmenter."""

import os
from dataclasses import dataclass, field

import numpy as np

from objpose.errors import InputError
from objpose.io.json_file import JsonValue, describe, read_json
from objpose.io.rle import decode_rle


@dataclass(frozen=True)
class Detection:
    """One detected object."""

    scene_id: int
    image_id: int
    obj_id: int
    score: float
    bbox: tuple[float, float, float, float]  # x, y, width, height in pixels
    entry: JsonValue = field(repr=False)

    def mask(self) -> np.ndarray:
        """(H, W) bool, decoded from COCO RLE (compressed string or list of runs).

        Raises:
            InputError: no segmentation, another kind than RLE, or runs that do not fill its size.
        """
        segmentation = self.entry["segmentation"]
        height, width = (int(value) for value in segmentation["size"].numbers(2))
        counts = segmentation["counts"]
        where = f"{counts.file}: {counts.key_path}"
        if not isinstance(counts.value, str):
            counts = [count.integer() for count in counts.items()]
        try:
            return decode_rle(counts if isinstance(counts, list) else counts.text(), height, width)
        except ValueError as error:
            raise InputError(where, error, "RLE that fills its size", "write the detections again") from error


def read_detections(path: str | os.PathLike) -> list[Detection]:
    """Read a detections file: a list of {scene_id, image_id, category_id, score, bbox, segmentation}.

    Masks are decoded when asked for. Detections without a mask are read too: `mask()` then raises.

    Raises:
        InputError: missing or malformed file; names the entry.
    """
    return [_detection(entry) for entry in read_json(path).items()]


def _detection(entry: JsonValue) -> Detection:
    if "segmentation" in entry and not isinstance(entry["segmentation"].value, dict):
        segmentation = entry["segmentation"]
        raise InputError(
            f"{entry.file}: {segmentation.key_path}", describe(segmentation.value),
            "COCO RLE, an object with size and counts", "convert polygons with pycocotools.mask.frPyObjects",
        )  # fmt: skip
    return Detection(
        scene_id=entry["scene_id"].integer(),
        image_id=entry["image_id"].integer(),
        obj_id=entry["category_id"].integer(),
        score=entry["score"].number(),
        bbox=tuple(entry["bbox"].numbers(4)),
        entry=entry,
    )
