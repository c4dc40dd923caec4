"""The ground truth of a test set as a result file: it scores exactly 1."""

import os
from pathlib import Path

import numpy as np

from bop_eval.datasets import EvaluationSet
from bop_eval.groups import Truths
from objpose.errors import InputError
from objpose.io import BopResultTable, write_bop_table

UNKNOWN_TIME_S = -1.0


def perfect_results(test_set: EvaluationSet) -> BopResultTable:
    """Every true instance of every image that a task asks for, scored by how much of it is visible.

    So the instances that the localization task counts come first.

    Raises:
        InputError: no list of targets, or annotations that are missing or malformed.
    """
    truths = Truths.of(test_set.read_images(_images(test_set)))
    images = [truths.images[i] for i in truths.image]
    count = len(images)
    return BopResultTable(
        scene_ids=np.array([image.scene_id for image in images], dtype=np.int64),
        im_ids=np.array([image.im_id for image in images], dtype=np.int64),
        obj_ids=truths.obj_ids,
        scores=np.nan_to_num(truths.visible, nan=1.0),
        cam_from_obj=truths.cam_from_obj,
        times_s=np.full(count, UNKNOWN_TIME_S),
        lines=np.arange(2, count + 2),
    )


def write_perfect(test_set: EvaluationSet, out: str | os.PathLike[str]) -> int:
    """Write the result file of `perfect_results`; returns how many estimates it holds."""
    table = perfect_results(test_set)
    write_bop_table(Path(out), table)
    return len(table)


def _images(test_set: EvaluationSet) -> list[tuple[int, int]]:
    """The images of both tasks, or of the one that the set has a list for."""
    wanted: dict[tuple[int, int], None] = {}
    if test_set.has_localization:
        wanted |= dict.fromkeys((t.scene_id, t.im_id) for t in test_set.localization_targets)
    if test_set.has_detection:
        wanted |= dict.fromkeys(test_set.detection_images)
    if not wanted:
        raise InputError(
            test_set.root, "neither test_targets_bop19.json nor test_targets_bop24.json", "one of them",
            "get the set's base archive again",
        )  # fmt: skip
    return list(wanted)
