"""Camera files: BOP's camera.json, or K with the image size."""

import os

import numpy as np

from objpose.errors import InputError
from objpose.geometry import Camera
from objpose.io.json_file import JsonValue, read_json

METERS_PER_MM = 1e-3


def read_camera(path: str | os.PathLike) -> tuple[Camera, float | None]:
    """Read a pinhole camera and, where the file has one, its depth scale.

    Two forms are read: BOP's `{"fx", "fy", "cx", "cy", "width", "height"[, "depth_scale"]}`, and
    `{"K": 9 numbers row by row or 3 rows of 3, "width", "height"[, "distortion": 4 or 5 OpenCV numbers]
    [, "depth_scale"]}`. `depth_scale` is BOP's: stored unit to millimetres.

    Returns:
        The camera, and the metres per stored depth unit (None when the file does not say).

    Raises:
        InputError: missing file, neither form, or values that are no camera.
    """
    content = read_json(path)
    K = read_K(content["K"]) if "K" in content else _read_bop_K(content)
    distortion = read_distortion(content["distortion"]) if "distortion" in content else None
    camera = Camera.from_K(K, content["width"].integer(), content["height"].integer(), distortion)
    return camera, read_depth_scale(content)


def read_depth_scale(content: JsonValue) -> float | None:
    """Metres per stored depth unit, from BOP's `depth_scale` (stored unit to mm); None when absent."""
    if "depth_scale" not in content:
        return None
    millimeters = content["depth_scale"].number()
    if millimeters <= 0:
        raise InputError(
            f"{content.file}: depth_scale",
            millimeters,
            "a number above 0",
            "use 1.0 for depth stored in millimetres",
        )
    return millimeters * METERS_PER_MM


def _read_bop_K(content: JsonValue) -> np.ndarray:
    if not any(key in content for key in ("fx", "fy", "cx", "cy")):
        names = ", ".join(name for name, _ in content.members()) or "none"
        raise InputError(
            content.file,
            f"members {names}",
            '{"K": 9 numbers, "width", "height"} or {"fx", "fy", "cx", "cy", "width", "height"}',
            "write one of the two forms",
        )
    fx, fy, cx, cy = (content[key].number() for key in ("fx", "fy", "cx", "cy"))
    return np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])


def read_K(value: JsonValue) -> np.ndarray:
    """(3, 3) from 9 numbers row by row, or 3 rows of 3."""
    if isinstance(value.value, list) and len(value.value) == 3:
        return np.array([row.numbers(3) for row in value.items()])
    return np.array(value.numbers(9)).reshape(3, 3)


def read_distortion(value: JsonValue) -> tuple[float, ...]:
    """4 or 5 OpenCV numbers."""
    return tuple(value.numbers(5 if len(value.items()) == 5 else 4))
