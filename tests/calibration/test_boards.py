"""Boards are found in photos to a fraction of a pixel, numbered alike from every side."""

from __future__ import annotations

import math

import pytest
import torch

from objpose.calibration.board_views import board_poses
from objpose.calibration.boards import Board, parse_board
from objpose.errors import InputError
from objpose.geometry import SE3, Camera
from tests.calibration.board_photos import CAMERA, photo, tilted

BOARDS = {
    "chessboard:8x5:0.03": (0.105, 0.06),
    "charuco:6x4:0.05:0.035:aruco_4x4_50": (0.15, 0.1),
    "tag:36h11:7:0.16": (0.0, 0.0),
}
OVER = SE3.exp(torch.tensor([0.0, 0, 0, math.pi, 0, 0], dtype=torch.float64))
HALF_A_TURN = SE3.exp(torch.tensor([0.0, 0, 0, 0, 0, math.pi], dtype=torch.float64))


@pytest.mark.parametrize(("words", "centre"), BOARDS.items())
def test_a_board_is_found_where_it_is(words: str, centre: tuple[float, float]) -> None:
    pytest.importorskip("cv2", reason="boards are found by OpenCV")
    board, truth = parse_board(words), tilted(2, centre, seed=3)
    about = SE3.from_rotation_translation(torch.eye(3).double(), torch.tensor([*centre, 0.0]).double())
    upside_down = truth[:1] @ about @ HALF_A_TURN @ about.inverse()
    truth = SE3.cat([truth, upside_down])
    if board.kind == "tag":  # its z leads to who looks at it
        truth = truth @ OVER
    views = []
    for cam_from_board in truth:
        found = board.find(photo(board, cam_from_board))
        assert found is not None
        views.append(found)
        points, pixels = found
        expected = CAMERA.project(cam_from_board.apply(points))
        assert float((pixels - expected).norm(dim=-1).max()) < 0.5
    poses, covariances, sigma = board_poses(views, CAMERA, ["a", "b", "c"])
    assert float((poses.translation - truth.translation).norm(dim=-1).max()) < 2e-3
    assert float((poses.rotation.inverse() @ truth.rotation).angle().max()) < math.radians(0.7)
    assert sigma < 0.2 and bool((torch.linalg.eigvalsh(covariances) > 0).all())


def test_poses_of_corners_err_as_their_covariances_say() -> None:
    grid = torch.cartesian_prod(torch.arange(8.0), torch.arange(5.0), torch.zeros(1)).double() * 0.03
    truth = tilted(40, (0.105, 0.06), seed=1)
    generator = torch.Generator().manual_seed(0)
    lens = Camera(CAMERA.K, 640, 480, (-0.1, 0.05, 0.0, 0.0))
    views = [
        (grid, lens.project(one.apply(grid)) + 0.3 * torch.randn(40, 2, generator=generator).double())
        for one in truth
    ]
    poses, covariances, sigma = board_poses(views, lens, [str(i) for i in range(40)])
    assert sigma == pytest.approx(0.3, abs=0.02)
    twists = (truth.inverse() @ poses).log()
    squared = (twists[:, None] @ torch.linalg.inv(covariances) @ twists[..., None]).mean()
    assert 4.5 < float(squared) < 7.5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("chessboard:9x7:0.025", "looks the same after half a turn"),
        ("chessboard:9x6:25", "a side of 25"),
        ("chessboard:9x6", "charuco:7x5"),
        ("charuco:7x5:0.03:0.04:aruco_4x4_50", "smaller than its square"),
        ("tag:99h9:1:0.1", "36h11"),
        ("dots:9x6:0.02", "chessboard:9x6:0.025"),
    ],
)
def test_boards_that_are_none_are_refused(words: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_board(words)


def test_a_photo_without_the_board_is_none() -> None:
    pytest.importorskip("cv2", reason="boards are found by OpenCV")
    empty = photo(Board("tag", square=0.1, family="36h11", number=3), tilted(1, (0, 0), 0)[0])
    assert parse_board("chessboard:8x5:0.03").find(empty) is None
    assert parse_board("tag:36h11:4:0.1").find(empty) is None
