"""The check of a result file before it is submitted."""

import re
from dataclasses import dataclass
from pathlib import Path

from bop_eval.datasets import EvaluationSet
from bop_eval.remarks import image_remarks, target_remarks, time_remarks
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
    remarks = [*time_remarks(table), *target_remarks(table, test_set), *image_remarks(table, test_set)]
    return SubmissionCheck(match["method"], len(table), len(images), tuple(remarks))


def _check_objects(path: Path, table: BopResultTable, test_set: EvaluationSet) -> None:
    known = test_set.models.infos
    for obj_id, line in zip(table.obj_ids.tolist(), table.lines.tolist(), strict=True):
        if obj_id not in known:
            raise InputError(
                f"{path}: line {line}", f"object {obj_id}", f"one of {', '.join(map(str, known))}",
                "check the object ids",
            )  # fmt: skip
