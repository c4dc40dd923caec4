"""Tags in a photo: AprilTags and ArUco markers by OpenCV, their corners where the lines of the sides meet."""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from objpose.cameras.known.tag_families import FAMILIES
from objpose.errors import InputError

SAMPLES = 24  # lines across a side, along which its edge is looked for
ENDS = 0.12  # of a side, at either end, where the neighbouring side bends the edge
REACH_PX = 3.0  # to either side of where OpenCV has the edge; less on small tags
STEP_PX = 0.25
BLUR_PX = 0.7
CELLS = 10.0  # of a side, of most families: an edge nearer than half of one is the tag's own


class FoundTags(NamedTuple):
    """corners: (4, 2) float64 pixels by id, pixel centres at integers, clockwise from the tag's own top left;
    twice: ids that are there more than once, which are not among them.
    """

    corners: dict[int, np.ndarray]
    twice: list[int]


def find_tags(image: np.ndarray, family: str) -> FoundTags:
    """Of an image (H, W, 3) uint8 RGB.

    Raises:
        InputError: OpenCV is not installed, or is too old.
    """
    cv2 = opencv()
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    detector = cv2.aruco.ArucoDetector(
        cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, FAMILIES[family])), parameters
    )
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    corners, ids, _ = detector.detectMarkers(grey)
    numbers = [] if ids is None else [int(one) for one in np.ravel(ids)]
    twice = sorted({one for one in numbers if numbers.count(one) > 1})
    found = {
        number: on_edges(grey.astype(np.float32), np.asarray(quad, dtype=np.float64).reshape(4, 2))
        for number, quad in zip(numbers, corners, strict=True)
        if number not in twice
    }
    return FoundTags(found, twice)


def opencv() -> ModuleType:
    """OpenCV with its markers; InputError that says how to get it."""
    cure = "pip install 'objpose[tags]'"
    try:
        import cv2
    except ImportError as error:
        raise InputError("tags in the photos", "no OpenCV", "OpenCV, which finds them", cure) from error
    if not hasattr(cv2, "aruco") or not hasattr(cv2.aruco, "ArucoDetector"):
        raise InputError("tags in the photos", f"OpenCV {cv2.__version__}", "OpenCV 4.7 or later", cure)
    return cv2


def on_edges(grey: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """(4, 2) corners where lines fitted to the four edges meet, of rough ones (4, 2) in an image (H, W).

    A corner is a few pixels, an edge many: the lines know it three times as exactly as the pixels around it.
    """
    lines = [_line(grey, quad[side], quad[(side + 1) % 4]) for side in range(4)]
    met = [_meet(lines[side - 1], lines[side]) for side in range(4)]
    sides = np.linalg.norm(quad - np.roll(quad, 1, axis=0), axis=1)
    is_near = [
        np.linalg.norm(new - old) < min(REACH_PX, sides.min() / CELLS)
        for new, old in zip(met, quad, strict=True)
    ]
    return np.where(np.array(is_near)[:, None], met, quad)


def _line(grey: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(3,) of the line through the steepest rise to the outside, as (normal, offset)."""
    along = end - start
    length = np.linalg.norm(along)
    outward = np.array([along[1], -along[0]]) / length  # of corners that run clockwise with rows downward
    reach = min(REACH_PX, length / CELLS / 2.0)
    across = np.arange(-reach, reach + STEP_PX / 2, STEP_PX)
    base = start + np.linspace(ENDS, 1.0 - ENDS, SAMPLES)[:, None] * along
    places = base[:, None] + across[:, None] * outward
    lit = map_coordinates(grey, [places[..., 1], places[..., 0]], order=1, mode="nearest")
    rise = np.gradient(gaussian_filter1d(lit, BLUR_PX / STEP_PX, axis=1), axis=1).clip(min=0.0)
    rise = np.where(rise > 0.5 * rise.max(axis=1, keepdims=True), rise, 0.0)
    weight = rise.sum(1)
    seen = weight > 0.0
    if seen.sum() < SAMPLES // 2:
        return np.array([*outward, -outward @ start])
    off = (rise[seen] @ across) / weight[seen]
    points = base[seen] + off[:, None] * outward
    return _fitted(points)


def _fitted(points: np.ndarray) -> np.ndarray:
    """(3,) of the line of least squares, less what lies off it (N, 2)."""
    kept = np.ones(len(points), dtype=bool)
    for _ in range(3):
        middle = points[kept].mean(0)
        normal = np.linalg.svd(points[kept] - middle)[2][1]
        off = np.abs((points - middle) @ normal)
        kept = off <= max(2.5 * np.median(off), 0.05)
    return np.array([*normal, -normal @ middle])


def _meet(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(2,) point of two lines, nan where they are parallel."""
    across = np.cross(first, second)
    return across[:2] / across[2] if abs(across[2]) > 1e-9 else np.full(2, np.nan)
