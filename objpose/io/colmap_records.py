"""What COLMAP's files hold, before it becomes ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Name and number of parameters of COLMAP's camera models, by their numbers in the binary files.
CAMERA_MODELS = {
    0: ("SIMPLE_PINHOLE", 3),
    1: ("PINHOLE", 4),
    2: ("SIMPLE_RADIAL", 4),
    3: ("RADIAL", 5),
    4: ("OPENCV", 8),
    5: ("OPENCV_FISHEYE", 8),
    6: ("FULL_OPENCV", 12),
    7: ("FOV", 5),
    8: ("SIMPLE_RADIAL_FISHEYE", 4),
    9: ("RADIAL_FISHEYE", 5),
    10: ("THIN_PRISM_FISHEYE", 12),
    11: ("RAD_TAN_THIN_PRISM_FISHEYE", 16),
    12: ("SIMPLE_DIVISION", 4),
    13: ("DIVISION", 5),
    14: ("SIMPLE_FISHEYE", 3),
    15: ("FISHEYE", 4),
    16: ("EUCM", 6),
    17: ("EQUIRECTANGULAR", 2),
}
NO_POINT = 2**64 - 1


@dataclass(frozen=True, eq=False)
class ColmapCamera:
    model: str
    width: int
    height: int
    params: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ColmapImage:
    wxyz_xyz: np.ndarray  # (7,) cam_from_world
    camera: int  # its number
    name: str
    pixels: np.ndarray  # (n, 2), pixel centres at +0.5
    points: np.ndarray  # (n,) uint64 numbers of the points seen there, NO_POINT for none


@dataclass(frozen=True, eq=False)
class ColmapPoints:
    numbers: np.ndarray  # (P,) uint64
    xyz: np.ndarray  # (P, 3)
    rgb: np.ndarray  # (P, 3) uint8
