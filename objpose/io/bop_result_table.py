"""A BOP result file as columns: what an evaluation works on, with the numbers exactly as they are written."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from objpose.errors import InputError
from objpose.io.atomic import atomic_path
from objpose.io.camera_files.depth_unit import METERS_PER_MM
from objpose.io.json_file import describe_failure

HEADER = "scene_id,im_id,obj_id,score,R,t,time"
NUMBERS = (("score", 1), ("R", 9), ("t", 3), ("time", 1))
ROTATION_TOLERANCE = 1e-2  # published files hold rotations rounded to three digits
TIME_TOLERANCE_S = 1e-3  # BOP's: all lines of an image carry the same time
CURE = "write the file again in BOP's result format"


@dataclass(frozen=True, eq=False)
class BopResultTable:
    """N estimates.

    scene_ids, im_ids, obj_ids, lines: (N,) int64, `lines` being their places in the file. scores: (N,).
    cam_from_obj: (N, 3, 4) float64, R as written and t in metres. times_s: (N,) seconds for the whole image,
    negative where unknown.
    """

    scene_ids: np.ndarray
    im_ids: np.ndarray
    obj_ids: np.ndarray
    scores: np.ndarray
    cam_from_obj: np.ndarray
    times_s: np.ndarray
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)


def read_bop_table(path: str | os.PathLike) -> BopResultTable:
    """Read a BOP result file, strictly.

    Raises:
        InputError: names the line, what it holds and what was expected there: 7 fields, 9 numbers that are a
            rotation (else by how much they are not), 3 numbers, one time (to a millisecond) for an image.
    """
    path = Path(path)
    lines = _lines(path)
    ids, values, numbers = [], [], []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            line_ids, line_values = _parse(path, number, line)
            ids.append(line_ids)
            values.append(line_values)
            numbers.append(number)
    table = _table(ids, values, numbers)
    if len(table):
        _check_finite(path, table)
        _check_rotations(path, table)
        _check_times(path, table)
    return table


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            path, describe_failure(path, error), "a BOP result file", "check the name"
        ) from error
    if not lines or lines[0].strip() != HEADER:
        found = repr(lines[0][:60]) if lines else "an empty file"
        raise InputError(f"{path}: line 1", found, f"the header {HEADER!r}", CURE)
    return lines


def _parse(path: Path, number: int, line: str) -> tuple[list[int], list[float]]:
    """Three ids, and 14 numbers: score, R, t, time."""
    where = f"{path}: line {number}"
    fields = line.split(",")
    if len(fields) != 7:
        raise InputError(where, f"{len(fields)} fields", f"7: {HEADER}", CURE)
    ids = [
        _integer(where, text, name)
        for text, name in zip(fields, ("scene_id", "im_id", "obj_id"), strict=False)
    ]
    values = []
    for text, (name, count) in zip(fields[3:], NUMBERS, strict=True):
        words = text.split()
        if len(words) != count:
            raise InputError(where, f"{len(words)} numbers in {name}", count, CURE)
        values += [_number(where, word, name) for word in words]
    return ids, values


def _table(ids: list[list[int]], values: list[list[float]], numbers: list[int]) -> BopResultTable:
    scene_ids, im_ids, obj_ids = np.array(ids, dtype=np.int64).reshape(-1, 3).T
    rows = np.array(values, dtype=np.float64).reshape(-1, 14)
    rotations, translations = rows[:, 1:10].reshape(-1, 3, 3), rows[:, 10:13, None] * METERS_PER_MM
    cam_from_obj = np.concatenate([rotations, translations], axis=2)
    lines = np.array(numbers, np.int64)
    return BopResultTable(scene_ids, im_ids, obj_ids, rows[:, 0], cam_from_obj, rows[:, 13], lines)


def _integer(where: str, text: str, name: str) -> int:
    if not text.strip().isdecimal():
        raise InputError(where, f"{name} {text!r}", "a whole number", CURE)
    return int(text)


def _number(where: str, word: str, name: str) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise InputError(where, f"{word!r} in {name}", "a number", CURE) from error


def _check_finite(path: Path, table: BopResultTable) -> None:
    columns = {
        "score": table.scores,
        "R": table.cam_from_obj[:, :, :3],
        "t": table.cam_from_obj[:, :, 3],
        "time": table.times_s,
    }
    for name, values in columns.items():
        wrong = ~np.isfinite(values.reshape(len(table), -1))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            found = f"{values.reshape(len(table), -1)[row, column]} in {name}"
            raise InputError(f"{path}: line {table.lines[row]}", found, "a finite number", CURE)


def _check_rotations(path: Path, table: BopResultTable) -> None:
    rotations = table.cam_from_obj[:, :, :3]
    off = np.abs(rotations @ rotations.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2))
    determinants = np.linalg.det(rotations)
    wrong = (off > ROTATION_TOLERANCE) | (determinants < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        found = f"R that differs from a rotation by {off[row]:.2g} (largest entry of R R^T - I)"
        if off[row] <= ROTATION_TOLERANCE:
            found = f"R that mirrors (determinant {determinants[row]:.2g})"
        raise InputError(f"{path}: line {table.lines[row]}", found, "a rotation matrix, row by row", CURE)


def _check_times(path: Path, table: BopResultTable) -> None:
    images = np.stack([table.scene_ids, table.im_ids], axis=1)
    _, first, image = np.unique(images, axis=0, return_index=True, return_inverse=True)
    expected = table.times_s[first][image.reshape(-1)]
    wrong = np.abs(expected - table.times_s) > TIME_TOLERANCE_S
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{path}: line {table.lines[row]}", f"time {table.times_s[row]}",
            f"{expected[row]}, as on the other lines of the image",
            "write the time of the whole image on each of its lines",
        )  # fmt: skip


def write_bop_table(path: str | os.PathLike, table: BopResultTable) -> None:
    """Write a BOP result file, whole or not at all, with the shortest digits that read back to the same R.

    The checks of `read_bop_table` are not made: it will tell.
    """
    lines = [HEADER]
    for row in range(len(table)):
        ids = f"{table.scene_ids[row]},{table.im_ids[row]},{table.obj_ids[row]}"
        rotation = " ".join(map(repr, table.cam_from_obj[row, :, :3].reshape(-1).tolist()))
        translation = " ".join(map(repr, (table.cam_from_obj[row, :, 3] / METERS_PER_MM).tolist()))
        score, time_s = float(table.scores[row]), float(table.times_s[row])
        lines.append(f"{ids},{score!r},{rotation},{translation},{time_s!r}")
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="ascii")
