"""Calibration boards in photos: chessboards, ChArUco boards and single tags, found by OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from objpose.cameras.known.tag_families import FAMILIES, check_family
from objpose.cameras.tags.detection import find_tags, opencv
from objpose.errors import InputError

Kind = Literal["chessboard", "charuco", "tag"]
FORMS = "chessboard:9x6:0.025, charuco:7x5:0.04:0.03:aruco_4x4_50 or tag:36h11:7:0.12"
LEAST_CORNERS = 6  # of a ChArUco board that is partly seen


@dataclass(frozen=True)
class Board:
    """A flat board; metres.

    Its frame: origin at the first corner, x along the first row, y along the columns, z = x cross y, into the
    board as its front is seen. A tag's origin is its centre, with x right, y up, and z to who looks at it.
    """

    kind: Kind
    columns: int = 0  # chessboard: inner corners a row; ChArUco: squares a row
    rows: int = 0
    square: float = 0.0  # side of a square; of a tag's black square
    marker: float = 0.0  # ChArUco: side of the markers
    family: str = ""  # ChArUco and tags
    number: int = 0  # of the tag

    def find(self, image: np.ndarray) -> tuple[Tensor, Tensor] | None:
        """Points (M, 3), metres in the board's frame, and pixels (M, 2), float64; None where it is not seen.

        image: (H, W, 3) uint8 RGB.
        """
        finders = {"chessboard": self._chessboard, "charuco": self._charuco, "tag": self._tag}
        found = finders[self.kind](np.ascontiguousarray(image))
        return None if found is None else (torch.from_numpy(found[0]), torch.from_numpy(found[1]))

    def _chessboard(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        cv2 = opencv()
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        flags = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY
        is_seen, corners = cv2.findChessboardCornersSB(grey, (self.columns, self.rows), flags=flags)
        if not is_seen:
            return None
        pixels = np.asarray(corners, np.float64).reshape(self.rows, self.columns, 2)
        # OpenCV begins at either end; the square between our first four corners is black.
        pixels = pixels if _begins_black(grey, pixels) else pixels[::-1, ::-1]
        return self._grid(), pixels.reshape(-1, 2).copy()

    def _grid(self) -> np.ndarray:
        """(rows * columns, 3) of a chessboard's inner corners, row by row."""
        rows, columns = np.mgrid[: self.rows, : self.columns]
        return self.square * np.stack([columns, rows, np.zeros_like(rows)], axis=-1).reshape(-1, 3).astype(
            float
        )

    def _charuco(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        cv2 = opencv()
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, FAMILIES[self.family]))
        size = self.columns, self.rows
        board = cv2.aruco.CharucoBoard(size, self.square, self.marker, dictionary)
        corners, ids, _, _ = cv2.aruco.CharucoDetector(board).detectBoard(
            cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        )
        if ids is None or len(ids) < LEAST_CORNERS:
            return None
        points = np.asarray(board.getChessboardCorners(), np.float64)[np.ravel(ids)]
        return points, np.asarray(corners, np.float64).reshape(-1, 2)

    def _tag(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        corners = find_tags(image, self.family).corners.get(self.number)
        half = self.square / 2
        points = np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])
        return None if corners is None else (points, corners)


def parse_board(words: str) -> Board:
    """From `chessboard:9x6:0.025` (inner corners, metres of a square), `charuco:7x5:0.04:0.03:FAMILY`
    (squares, metres of a square and of a marker) or `tag:FAMILY:ID:0.12` (metres of the black square).

    Raises:
        InputError: none of these; or a chessboard that looks the same after half a turn.
    """
    kind, *rest = words.split(":")
    try:
        if kind == "chessboard":
            size, square = rest
            board = Board("chessboard", *_size(size), float(square))
        elif kind == "charuco":
            size, square, marker, family = rest
            board = Board("charuco", *_size(size), float(square), float(marker), family)
        elif kind == "tag":
            family, number, side = rest
            board = Board("tag", square=float(side), family=family, number=int(number))
        else:
            raise ValueError
    except ValueError as error:
        raise InputError("board", words, FORMS, "lengths are metres") from error
    _check(board, words)
    return board


def _size(words: str) -> tuple[int, int]:
    columns, rows = words.split("x")
    return int(columns), int(rows)


def _check(board: Board, words: str) -> None:
    if board.family:
        check_family(board.family)
    if not 0.001 < board.square < 2 or board.marker >= board.square:
        found, expected = f"a side of {board.square:g}", "metres, the marker smaller than its square"
        raise InputError(f"board {words}", found, expected, "measure the printed board")
    if board.kind == "tag":
        return
    if min(board.columns, board.rows) < 3:
        raise InputError(
            f"board {words}", f"{board.columns}x{board.rows}", "3x3 at least", "take a larger one"
        )
    if board.kind == "chessboard" and (board.columns + board.rows) % 2 == 0:
        cure = "take one of an even and an odd number, or a ChArUco board"
        found = "a chessboard that looks the same after half a turn"
        raise InputError(f"board {words}", found, "one that tells its first corner", cure)


def _begins_black(grey: np.ndarray, pixels: np.ndarray) -> bool:
    """Whether the square between the first four corners (rows, columns, 2) is darker than the last one."""
    means = []
    for block in (pixels[:2, :2], pixels[-2:, -2:]):
        corners = block.reshape(4, 2)
        middle = corners.mean(0)
        inner = middle + 0.5 * (corners - middle)
        columns, rows = np.clip(
            np.rint([*inner, middle]).astype(int).T, 0, np.array(grey.shape[::-1])[:, None] - 1
        )
        means.append(grey[rows, columns].mean())
    return bool(means[0] < means[1])
