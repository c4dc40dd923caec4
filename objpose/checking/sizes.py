"""Do camera, depth and mask have the picture's size? Where not, what joins them is made to fit and said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from objpose.checking.finding import Finding
from objpose.checking.given import Given
from objpose.geometry import Camera

SAME_ASPECT = 0.02  # relative: two sizes that only a resize parts
CENTRED = 0.12  # of a side: how far a principal point is from the middle of its own image


def check_sizes(given: Given) -> tuple[list[Finding], Given]:
    """What has another size, and the view with it resized where that is meaningful, else without it."""
    findings, camera, depth, mask = [], given.camera, given.depth, given.mask
    if camera is not None and (camera.width, camera.height) != given.size:
        findings.append(_of_camera(camera, given.size))
        camera = _fitted_camera(camera, given.size)
    if depth is not None and depth.shape[::-1] != given.size:
        cure = "register the depth to the colour camera, or resize both to one size"
        findings.append(_of_picture("depth", depth.shape[::-1], given.size, cure))
        depth = _fitted(depth, given.size)
    if mask is not None and mask.shape[::-1] != given.size:
        findings.append(_of_picture("mask", mask.shape[::-1], given.size, "make it from this very picture"))
        mask = _fitted(mask, given.size)
    return findings, replace(given, camera=camera, depth=depth, mask=mask)


def swapped(size: tuple[int, int], expected: tuple[int, int]) -> bool:
    return size != expected and size == expected[::-1]


def ratio(size: tuple[int, int], expected: tuple[int, int]) -> float | None:
    """How many times the expected size is held by `size`; None where the aspects differ."""
    x, y = size[0] / expected[0], size[1] / expected[1]
    return x if abs(x / y - 1) < SAME_ASPECT else None


def is_central(camera: Camera, size: tuple[int, int]) -> bool:
    """Whether the principal point is that of a whole picture of this size."""
    off = [abs((2 * c + 1) / side - 1) / 2 for c, side in zip((camera.cx, camera.cy), size, strict=True)]
    return max(off) < CENTRED


def _of_camera(camera: Camera, size: tuple[int, int]) -> Finding:
    own = camera.width, camera.height
    found, expected = f"{own[0]} x {own[1]}", f"{size[0]} x {size[1]} as the picture"
    if swapped(own, size):
        cure = "write the picture's width and height, in this order"
        if is_central(camera, own) and not is_central(camera, size):
            cure = "turn the picture as it was calibrated, or calibrate it as it is"
        return Finding("size swapped", "camera", found, expected, cure, certainty="sure")
    scale = ratio(own, size)
    if scale is None:
        cure = "give the camera of this very picture: Camera.crop and Camera.resize follow its pixels"
        return Finding("camera size", "camera", found, expected, cure, certainty="sure")
    cure = f"divide K by {scale:.4g}, or use Camera.resize({size[0]}, {size[1]})"
    if is_central(camera, size) and not is_central(camera, own):
        cure = "K fits the picture: only write its width and height"
        return Finding("camera size", "camera", found, expected, cure, scale, "sure")
    return Finding("K resolution", "camera", found, expected, cure, scale, "sure")


def _of_picture(name: str, own: tuple[int, int], size: tuple[int, int], cure: str) -> Finding:
    found, expected = f"{own[0]} x {own[1]}", f"{size[0]} x {size[1]} as the picture"
    if swapped(own, size):
        cure = f"transpose or turn the {name}: rows and columns are swapped"
        return Finding("size swapped", name, found, expected, cure, certainty="sure")
    return Finding(f"{name} size", name, found, expected, cure, ratio(own, size), "sure")


def _fitted_camera(camera: Camera, size: tuple[int, int]) -> Camera | None:
    own = camera.width, camera.height
    if is_central(camera, size):
        return replace(camera, width=size[0], height=size[1])
    return camera.resize(*size) if ratio(own, size) is not None else None


def _fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray | None:
    """Resized by nearest pixels; None where rows and columns do not correspond."""
    if ratio(picture.shape[::-1], size) is None:
        return None
    rows = ((np.arange(size[1]) + 0.5) * picture.shape[0] / size[1]).astype(int)
    columns = ((np.arange(size[0]) + 0.5) * picture.shape[1] / size[0]).astype(int)
    return picture[rows][:, columns]
