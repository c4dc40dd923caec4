"""Stops of a robot in JSON or CSV: where its hand was, and what a camera saw of a board there."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from objpose.io.camera_files.entry import camera_of
from objpose.io.json_file import JsonValue, read_json, read_text
from objpose.io.named_transforms import METRES, by_its_name, read_transform, transform_of_columns

ROBOT = ("base_from_gripper", "gripper_from_base")
BOARD = ("cam_from_board", "board_from_cam", "cam_from_obj", "obj_from_cam")
KNOWN = ("name", "corners", *ROBOT, *BOARD)


@dataclass(frozen=True, eq=False)
class BoardCorners:
    points: Tensor  # (M, 3) float64 metres, in the board's frame
    pixels: Tensor  # (M, 2) float64, pixel centres at integers


@dataclass(frozen=True, eq=False)
class RobotStop:
    name: str
    base_from_gripper: SE3  # () float64
    cam_from_board: SE3 | None = None  # () float64
    corners: BoardCorners | None = None


def read_robot_stops(path: str | os.PathLike) -> tuple[list[RobotStop], Camera | None]:
    """The stops of a file, and the camera that corners were seen by, where JSON says it.

    JSON: a list of stops, or {"unit": "m" or "mm", "camera": ..., "samples": [stops]}. A stop has
    `base_from_gripper` (or `gripper_from_base`), a `name` if it likes, and `cam_from_board` (`cam_from_obj`,
    or either inverse) or `corners` {"points": [[x, y, z], ...], "pixels": [[u, v], ...]} or neither.
    CSV: a row a stop, columns `name` and `base_from_gripper.x`, ...; docs/robots.md shows both.

    Raises:
        InputError: a missing or malformed file, members that nothing here knows, transforms that are none.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return list(_of_table(path)), None
    content = read_json(path)
    if isinstance(content.value, list):
        content = JsonValue({"samples": content.value}, path)
    unit = content["unit"].text() if "unit" in content else "m"
    if unit not in METRES:
        raise InputError(f"{path}: unit", repr(unit), " or ".join(METRES), "give the lengths in one of these")
    camera = camera_of(content["camera"])[0] if "camera" in content else None
    stops = [_stop(item, str(number), METRES[unit]) for number, item in enumerate(content["samples"].items())]
    return stops, camera


def _stop(item: JsonValue, number: str, metres: float) -> RobotStop:
    unknown = [name for name, _ in item.members() if name not in KNOWN]
    if unknown:
        raise InputError(item.place, f"a member {unknown[0]!r}", f"some of {', '.join(KNOWN)}", "rename it")
    transforms = {name: read_transform(item[name], metres) for name in (*ROBOT, *BOARD) if name in item}
    corners = _corners(item["corners"], metres) if "corners" in item else None
    return _checked(item["name"].text() if "name" in item else number, transforms, corners, item.place)


def _checked(name: str, transforms: dict[str, SE3], corners: BoardCorners | None, place: str) -> RobotStop:
    robot = by_its_name(transforms, "base", "gripper")
    if robot is None:
        found = f"{', '.join(transforms) or 'nothing'}"
        raise InputError(place, found, " or ".join(ROBOT), "give the robot's pose by that name")
    for frames in (ROBOT, BOARD):
        twice = [one for one in frames if one in transforms]
        if len(twice) > 1:
            raise InputError(place, " and ".join(twice), "one of them", "leave out the other")
    board = by_its_name(transforms, "cam", "board")
    board = by_its_name(transforms, "cam", "obj") if board is None else board
    return RobotStop(name, robot, board, corners)


def _corners(value: JsonValue, metres: float) -> BoardCorners:
    points = torch.tensor([one.numbers(3) for one in value["points"].items()], dtype=torch.float64)
    pixels = torch.tensor([one.numbers(2) for one in value["pixels"].items()], dtype=torch.float64)
    if len(points) != len(pixels) or len(points) < 4:
        found = f"{len(points)} points and {len(pixels)} pixels"
        raise InputError(value.place, found, "as many of each, at least 4", "give each corner both")
    return BoardCorners(metres * points, pixels)


def _of_table(path: Path) -> Iterator[RobotStop]:
    rows = csv.DictReader(read_text(path, "a table of robot stops").splitlines())
    for number, row in enumerate(rows):
        place = f"{path}: row {number + 1}"
        name = (row.pop("name", None) or str(number)).strip()
        values = {column: _number(text, f"{place}: {column}") for column, text in row.items() if column}
        frames = {column.split(".")[0] for column in values}
        unknown = frames - {*ROBOT, *BOARD}
        if unknown:
            expected = f"name, and columns of {', '.join((*ROBOT, *BOARD))}"
            raise InputError(place, f"columns of {', '.join(sorted(unknown))}", expected, "rename them")
        read = {one: transform_of_columns(values, one, 1.0, place) for one in sorted(frames)}
        transforms = {one: transform for one, transform in read.items() if transform is not None}
        yield _checked(name, transforms, None, place)


def _number(text: object, place: str) -> float:
    try:
        value = float(str(text))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(place, repr(text), "a finite number", "complete the row")
    return value
