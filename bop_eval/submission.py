"""The check of a result file before it is submitted."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bop_eval.datasets import EvaluationSet
from objpose.errors import InputError
from objpose.io import BopResultTable, read_bop_table

# METHOD_DATASET-SPLIT[-TYPE][_ID].csv
FILE_NAME = re.compile(r"(?P<method>[^_]+)_(?P<dataset>[^_-]+)-(?P<split>[^_-]+)(-[^_-]+)?(_.+)?\.csv")


@dataclass(frozen=True)
class SubmissionCheck:
    """What a result file holds; `remarks` name what is allowed but seldom meant."""

    method: str
    estimates: int
    images: int
    remarks: tuple[str, ...]


def check_submission(path: Path, test_set: EvaluationSet) -> SubmissionCheck:
    """Check a result file as BOP's servers do, and that its estimates are of this set.

    Raises:
        InputError: a name that is not METHOD_DATASET-SPLIT[-TYPE][_ID].csv or is of another set, a malformed
            line, or an object that the set does not have.
    """
    match = FILE_NAME.fullmatch(path.name)
    if match is None:
        raise InputError(
            path, f"the name {path.name}", "METHOD_DATASET-SPLIT[-TYPE][_ID].csv, with no _ in METHOD",
            "rename the file",
        )  # fmt: skip
    if match["dataset"] != test_set.name:
        raise InputError(
            path, f"the set {match['dataset']} in its name", test_set.name, "rename it, or name its set"
        )
    table = read_bop_table(path)
    _check_objects(path, table, test_set)
    images = set(zip(table.scene_ids.tolist(), table.im_ids.tolist(), strict=True))
    remarks = [*_time_remarks(table), *_target_remarks(table, test_set), *_image_remarks(table, test_set)]
    return SubmissionCheck(match["method"], len(table), len(images), tuple(remarks))


def _check_objects(path: Path, table: BopResultTable, test_set: EvaluationSet) -> None:
    known = test_set.models.infos
    for obj_id, line in zip(table.obj_ids.tolist(), table.lines.tolist(), strict=True):
        if obj_id not in known:
            raise InputError(
                f"{path}: line {line}", f"object {obj_id}", f"one of {', '.join(map(str, known))}",
                "check the object ids",
            )  # fmt: skip


def _time_remarks(table: BopResultTable) -> list[str]:
    unknown = int((table.times_s < 0).sum())
    return [f"{unknown} estimates without a time: no mean time will be given"] if unknown else []


def _target_remarks(table: BopResultTable, test_set: EvaluationSet) -> list[str]:
    """What the localization task does with the estimates."""
    if not test_set.has_localization:
        return []
    wanted = {(t.scene_id, t.im_id, t.obj_id): t.inst_count for t in test_set.localization_targets}
    columns = (table.scene_ids.tolist(), table.im_ids.tolist(), table.obj_ids.tolist())
    found = Counter(zip(*columns, strict=True))
    beyond = sum(max(0, count - wanted[key]) for key, count in found.items() if key in wanted)
    astray = sum(count for key, count in found.items() if key not in wanted)
    missing = sum(max(0, count - found[key]) for key, count in wanted.items())
    remarks = [
        (beyond, "estimates beyond the instances asked for: the localization task takes the best"),
        (astray, "estimates that are no target of the localization task, which leaves them out"),
        (missing, f"of {sum(wanted.values())} targets of the localization task without an estimate"),
    ]
    return [f"{count} {meaning}" for count, meaning in remarks if count]


def _image_remarks(table: BopResultTable, test_set: EvaluationSet) -> list[str]:
    """What the detection task does with the estimates."""
    if not test_set.has_detection:
        return []
    most = test_set.rules.most_estimates
    counts = Counter(zip(table.scene_ids.tolist(), table.im_ids.tolist(), strict=True))
    beyond = sum(max(0, count - most) for count in counts.values())
    unseen = len(set(test_set.detection_images) - set(counts))
    remarks = [
        (beyond, f"estimates beyond the {most} an image that the detection task takes"),
        (unseen, f"of {len(test_set.detection_images)} images of the detection task without an estimate"),
    ]
    return [f"{count} {meaning}" for count, meaning in remarks if count]
