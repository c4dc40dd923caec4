"""BOP result files: one estimate a line, `scene_id,im_id,obj_id,score,R,t,time`, with t in millimetres."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io.atomic import atomic_path
from objpose.io.bop_result_table import HEADER, TIME_TOLERANCE_S, read_bop_table
from objpose.io.camera_files.depth_unit import METERS_PER_MM


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
        InputError: as `read_bop_table`.
    """
    table = read_bop_table(path)
    columns = (table.scene_ids, table.im_ids, table.obj_ids, table.scores)
    poses = SE3.from_matrix(torch.from_numpy(table.cam_from_obj))
    rows = zip(*(column.tolist() for column in columns), poses.wxyz_xyz, table.times_s.tolist(), strict=True)
    return [BopResult(scene, image, obj, score, SE3(pose), t) for scene, image, obj, score, pose, t in rows]


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


def _check_time(where: str, row: BopResult, times: dict[tuple[int, int], float]) -> None:
    first = times.setdefault((row.scene_id, row.im_id), row.time_s)
    if abs(first - row.time_s) > TIME_TOLERANCE_S:
        found, expected = f"time {row.time_s}", f"{first}, as on the other lines of the image"
        raise InputError(where, found, expected, "write the time of the whole image on each of its lines")
