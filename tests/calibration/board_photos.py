"""Photos of printed boards with known truth."""

from __future__ import annotations

import numpy as np
import torch

from objpose.calibration.boards import Board
from objpose.geometry import SE3, Camera

CAMERA = Camera.from_K([620.0, 0, 322.4, 0, 618.0, 238.7, 0, 0, 1], 640, 480)
PIXELS_A_METRE = 4000
SHARP = 3  # times finer than the photo, before it is made smaller


def printed(board: Board) -> tuple[np.ndarray, np.ndarray]:
    """A print (H, W) uint8, and board_from_print (3, 3): metres, in the board's plane, of its pixels."""
    import cv2

    side = round(board.square * PIXELS_A_METRE)
    if board.kind == "chessboard":
        rows, columns = np.mgrid[: (board.rows + 1) * side, : (board.columns + 1) * side] // side
        squares = np.where((rows + columns) % 2 == 0, 0, 255).astype(np.uint8)
        return _placed(squares, np.array([side, side]) - 0.5, 1.0)
    name = board.family.removeprefix("aruco_").upper()
    dictionary = cv2.aruco.getPredefinedDictionary(
        getattr(cv2.aruco, f"DICT_{'' if 'aruco' in board.family else 'APRILTAG_'}{name}")
    )
    if board.kind == "charuco":
        size = board.columns, board.rows
        print_of = cv2.aruco.CharucoBoard(size, board.square, board.marker, dictionary)
        pixels = print_of.generateImage((board.columns * side, board.rows * side), marginSize=0, borderBits=1)
        return _placed(pixels, np.array([-0.5, -0.5]), 1.0)
    pixels = cv2.aruco.generateImageMarker(dictionary, board.number, side)
    return _placed(pixels, np.array([side / 2, side / 2]) - 0.5, -1.0)  # y is up


def photo(board: Board, cam_from_board: SE3, camera: Camera = CAMERA) -> np.ndarray:
    """(H, W, 3) uint8."""
    import cv2

    pixels, board_from_print = printed(board)
    plane = cam_from_board.matrix().numpy()[:3, [0, 1, 3]]
    finer = np.array([[SHARP, 0, (SHARP - 1) / 2], [0, SHARP, (SHARP - 1) / 2], [0, 0, 1]])
    fine_from_print = finer @ camera.K.numpy() @ plane @ board_from_print
    size = SHARP * camera.width, SHARP * camera.height
    fine = cv2.warpPerspective(pixels, fine_from_print, size, flags=cv2.INTER_LINEAR, borderValue=190)
    grey = cv2.resize(fine, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    noisy = cv2.GaussianBlur(grey, (0, 0), 0.6) + np.random.default_rng(0).normal(0, 2, grey.shape)
    return np.repeat(noisy.clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def tilted(count: int, centre: tuple[float, float], seed: int) -> SE3:
    """cam_from_board (count,): its centre (x, y) half a metre before the camera, tilted every way."""
    generator = torch.Generator().manual_seed(seed)
    axes = torch.nn.functional.normalize(
        torch.randn(count, 3, generator=generator, dtype=torch.float64), dim=-1
    )
    angles = 0.35 + 0.35 * torch.rand(count, 1, generator=generator, dtype=torch.float64)
    turns = SE3.exp(torch.cat([torch.zeros(count, 3), angles * axes], dim=-1).double())
    ahead = torch.tensor([0.0, 0.0, 0.45], dtype=torch.float64) + 0.03 * torch.randn(
        count, 3, generator=generator, dtype=torch.float64
    )
    middle = torch.tensor([*centre, 0.0], dtype=torch.float64)
    return SE3.from_rotation_translation(turns.rotation, ahead - turns.rotation.apply(middle))


def _placed(pixels: np.ndarray, origin: np.ndarray, up: float) -> tuple[np.ndarray, np.ndarray]:
    """The print with a white margin; origin: (2,) pixel of the board's own."""
    margin = 60
    framed = np.pad(pixels, margin, constant_values=255)
    scale = 1 / PIXELS_A_METRE
    x, y = origin + margin
    return framed, np.array([[scale, 0, -scale * x], [0, up * scale, -up * scale * y], [0, 0, 1]])
