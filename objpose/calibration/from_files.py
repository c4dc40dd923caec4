"""Samples from a file of robot stops, or from a folder of photos beside one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from objpose.calibration.board_views import board_poses
from objpose.calibration.boards import Board
from objpose.calibration.samples import HandEyeSamples
from objpose.errors import InputError, warn_input
from objpose.geometry import SE3, Camera
from objpose.io.hand_eye_files import RobotStop, read_robot_stops
from objpose.io.images import read_view_image

BESIDE = ("robot_poses.json", "robot_poses.csv")  # in a folder of photos; each stop named as its photo
View = tuple[Tensor, Tensor]  # points (M, 3) and pixels (M, 2)


def read_samples(
    path: str | os.PathLike[str], board: Board | None = None, camera: Camera | None = None
) -> HandEyeSamples:
    """From JSON or CSV, as `read_robot_stops` says, or a folder of photos with robot_poses.json or .csv.

    board, camera: what the photos show and what took them; the camera also of corners, unless their file says
    it. Photos without the board are left out with a warning.

    Raises:
        InputError: as `read_robot_stops`; stops without a board; photos without board, camera or robot pose.
    """
    path = Path(path)
    if path.is_dir():
        return _of_photos(path, board, camera)
    stops, own = read_robot_stops(path)
    if not stops:
        raise InputError(path, "no stops", "robot poses with board poses or corners", "record some")
    if any(stop.corners for stop in stops):
        return _of_corners(path, stops, own or camera)
    boards = [_board_pose(path, stop) for stop in stops]
    return HandEyeSamples(_robot(stops), SE3.stack(boards), _names(stops))


def _of_photos(folder: Path, board: Board | None, camera: Camera | None) -> HandEyeSamples:
    files = [folder / name for name in BESIDE if (folder / name).exists()]
    if not files:
        cure = "write where the hand was at each photo: name (of the photo) and base_from_gripper"
        raise InputError(folder, f"neither of {', '.join(BESIDE)}", "the robot's poses", cure)
    stops, own = read_robot_stops(files[0])
    camera = own or camera
    for what, given, cure in (
        ("board", board, "say which board: board='chessboard:9x6:0.025'"),
        ("camera", camera, "give the camera file that OpenCV or the driver wrote: camera='...'"),
    ):
        if given is None:
            raise InputError(folder, f"photos, and no {what}", f"the {what} too", cure)
    assert board is not None and camera is not None
    seen = [(stop, _found(folder / stop.name, board, camera)) for stop in stops]
    kept = [(stop, view) for stop, view in seen if view is not None]
    if not kept:
        raise InputError(folder, f"no {board.kind} in any photo", "the board", "check its kind and size")
    return _of_views([stop for stop, _ in kept], [view for _, view in kept], camera)


def _found(photo: Path, board: Board, camera: Camera) -> View | None:
    image = read_view_image(photo, (camera.width, camera.height)).pixels
    if image.shape[:2] != (camera.height, camera.width):
        found = f"{image.shape[1]} x {image.shape[0]}"
        raise InputError(
            photo, found, f"the camera's {camera.width} x {camera.height}", "give its own camera"
        )
    view = board.find(image)
    if view is None:
        warn_input(
            photo, f"no {board.kind}", "the board, all of it", "left out; see light, focus and --board"
        )
    return view


def _of_corners(path: Path, stops: list[RobotStop], camera: Camera | None) -> HandEyeSamples:
    if camera is None:
        cure = "give camera=, or a member 'camera' in the file"
        raise InputError(path, "corners, and no camera", "the camera that saw them", cure)
    without = [stop.name for stop in stops if stop.corners is None]
    if without:
        cure = "give corners at each stop, or board poses at each"
        raise InputError(path, f"no corners at {', '.join(without)}", "corners at all stops", cure)
    views = [(stop.corners.points, stop.corners.pixels) for stop in stops if stop.corners]
    return _of_views(stops, views, camera)


def _of_views(stops: list[RobotStop], views: list[View], camera: Camera) -> HandEyeSamples:
    poses, covariances, _ = board_poses(views, camera, _names(stops))
    return HandEyeSamples(_robot(stops), poses, _names(stops), covariances)


def _board_pose(path: Path, stop: RobotStop) -> SE3:
    if stop.cam_from_board is None:
        cure = "give cam_from_board or corners; of photos give their folder"
        raise InputError(f"{path}: {stop.name}", "no board", "where the camera saw it", cure)
    return stop.cam_from_board


def _robot(stops: Iterable[RobotStop]) -> SE3:
    return SE3.stack([stop.base_from_gripper for stop in stops]).to(torch.float64)


def _names(stops: Iterable[RobotStop]) -> tuple[str, ...]:
    return tuple(stop.name for stop in stops)
