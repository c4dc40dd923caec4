"""BOP result files: one estimate a line, `scene_id,im_id,obj_id,score,R,t,time`, with t in millimetres."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io.atomic import atomic_path
from objpose.io.camera import METERS_PER_MM
from objpose.io.json_file import describe_failure

HEADER = "scene_id,im_id,obj_id,score,R,t,time"
ROTATION_TOLERANCE = 1e-2  # published files hold rotations rounded to three digits
TIME_TOLERANCE_S = 1e-3  # BOP's: all lines of an image carry the same time
CURE = "write the file again in BOP's result format"


@dataclass(frozen=True)
class BopResult:
    """One estimate; `time_s` is the time for its whole image, -1 where unknown."""

    scene_id: int
    im_id: int
    obj_id: int
    score: float
    cam_from_obj: SE3
    time_s: float


def write_bop_csv(path: str | os.PathLike, rows: Iterable[BopResult]) -> None:
    """Write a BOP result file, whole or not at all.

    Rotations and translations are written with the shortest digits that read back to the same numbers.

    Raises:
        InputError: times of one image that differ by more than a millisecond, or numbers not finite.
    """
    lines = [HEADER]
    times: dict[tuple[int, int], float] = {}
    for number, row in enumerate(rows, start=2):
        lines.append(_format(row))
        _check_time(f"{path}: line {number}", row, times)
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="ascii")


def read_bop_csv(path: str | os.PathLike) -> list[BopResult]:
    """Read a BOP result file, strictly; poses come back in float64 metres.

    Raises:
        InputError: names the line, what it holds and what was expected there: 7 fields, 9 numbers that are a
            rotation, 3 numbers, one time (to a millisecond) for all lines of an image.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            path, describe_failure(path, error), "a BOP result file", "check the name"
        ) from error
    if not lines or lines[0].strip() != HEADER:
        found = repr(lines[0][:60]) if lines else "an empty file"
        raise InputError(f"{path}: line 1", found, f"the header {HEADER!r}", CURE)
    numbered = [(f"{path}: line {i}", line) for i, line in enumerate(lines[1:], start=2) if line.strip()]
    parsed = [_parse(where, line) for where, line in numbered]
    if not parsed:
        return []
    poses = _poses(np.array([values for _, values in parsed]), [where for where, _ in numbered])
    rows = [BopResult(*ids, values[0], poses[i], values[-1]) for i, (ids, values) in enumerate(parsed)]
    times: dict[tuple[int, int], float] = {}
    for (where, _), row in zip(numbered, rows, strict=True):
        _check_time(where, row, times)
    return rows


def _format(row: BopResult) -> str:
    matrix = row.cam_from_obj.matrix().double().cpu().numpy()
    rotation = " ".join(repr(float(value)) for value in matrix[:3, :3].reshape(-1))
    translation = " ".join(repr(float(value)) for value in matrix[:3, 3] / METERS_PER_MM)
    if not (np.isfinite(matrix).all() and np.isfinite(row.score)):
        raise InputError(
            "pose to write", f"{rotation}, {translation}, score {row.score}", "finite numbers", "drop it"
        )
    ids = f"{row.scene_id},{row.im_id},{row.obj_id}"
    return f"{ids},{float(row.score)!r},{rotation},{translation},{float(row.time_s)!r}"


def _parse(where: str, line: str) -> tuple[tuple[int, int, int], list[float]]:
    """Three ids, and 14 numbers: score, R, t, time."""
    fields = line.split(",")
    if len(fields) != 7:
        raise InputError(where, f"{len(fields)} fields", f"7: {HEADER}", CURE)
    ids = tuple(
        _integer(where, text, name)
        for text, name in zip(fields, ("scene_id", "im_id", "obj_id"), strict=False)
    )
    values = []
    for text, (name, count) in zip(fields[3:], (("score", 1), ("R", 9), ("t", 3), ("time", 1)), strict=True):
        words = text.split()
        if len(words) != count:
            raise InputError(where, f"{len(words)} numbers in {name}", count, CURE)
        values += [_number(where, word, name) for word in words]
    return ids, values


def _poses(values: np.ndarray, wheres: list[str]) -> SE3:
    rotations, translations = values[:, 1:10].reshape(-1, 3, 3), values[:, 10:13] * METERS_PER_MM
    off = np.abs(rotations @ rotations.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2))
    wrong = (off > ROTATION_TOLERANCE) | (np.linalg.det(rotations) < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(wheres[row], f"R = {rotations[row].tolist()}", "a rotation matrix, row by row", CURE)
    return SE3.from_rotation_translation(torch.from_numpy(rotations), torch.from_numpy(translations))


def _check_time(where: str, row: BopResult, times: dict[tuple[int, int], float]) -> None:
    first = times.setdefault((row.scene_id, row.im_id), row.time_s)
    if abs(first - row.time_s) > TIME_TOLERANCE_S:
        found, expected = f"time {row.time_s}", f"{first}, as on the other lines of the image"
        raise InputError(where, found, expected, "write the time of the whole image on each of its lines")


def _integer(where: str, text: str, name: str) -> int:
    if not text.strip().isdecimal():
        raise InputError(where, f"{name} {text!r}", "a whole number", CURE)
    return int(text)


def _number(where: str, word: str, name: str) -> float:
    try:
        value = float(word)
    except ValueError as error:
        raise InputError(where, f"{word!r} in {name}", "a number", CURE) from error
    if not np.isfinite(value):
        raise InputError(where, f"{word} in {name}", "a finite number", CURE)
    return value
