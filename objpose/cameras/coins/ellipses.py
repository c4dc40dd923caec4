"""Ellipses in a photo, as round things show themselves: by OpenCV, their edges then found more exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import map_coordinates

from objpose.cameras.tags.detection import opencv

CANNY = ((20, 60), (60, 180))  # of grey levels a pixel: what is faint, and what embossing does not break
LEAST_PX = 6.0  # of the shorter half axis: a smaller coin tells its size to some percent at best
LARGEST = 0.25  # of the photo's width, that the longer half axis may be
FLATTEST = 0.2  # shorter by longer axis
SAMPLES = 64  # directions in which an edge is looked for
REACHES_PX = 3.0, 1.5  # to either side of the ellipse that OpenCV fits, and of the one that this gives
STEP_PX = 0.25
LEAST_RISE = 4.0  # grey levels a pixel that make an edge
COVERED = 0.8  # of the directions that must have one
ROUGH_PX = 1.5  # root mean square of the distances of OpenCV's line from the ellipse
OFF_PX = 0.6  # and of its edge
ONE_PX = 2.0  # within which two ellipses are one
MOST = 80  # of a photo


class Ellipse(NamedTuple):
    """middle: (2,) pixels; axes: (2,) half axes, along `angle` (radians) and across; edge: (M, 2) pixels."""

    middle: np.ndarray
    axes: np.ndarray
    angle: float
    edge: np.ndarray

    def at(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (D, 2) of the ellipse, and unit normals (D, 2) to the outside."""
        turn = np.array([[np.cos(self.angle), -np.sin(self.angle)], [np.sin(self.angle), np.cos(self.angle)]])
        circle = np.stack([np.cos(directions), np.sin(directions)], axis=1)
        outward = (circle / self.axes) @ turn.T
        return (
            self.middle + (circle * self.axes) @ turn.T,
            outward / np.linalg.norm(outward, axis=1)[:, None],
        )


def find_ellipses(image: np.ndarray) -> list[Ellipse]:
    """Of an image (H, W, 3) uint8 RGB, each once, the `MOST` largest, those with the longest edges first.

    Raises:
        InputError: OpenCV is not installed.
    """
    cv2 = opencv()
    grey = cv2.GaussianBlur(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    found: list[Ellipse] = []
    for low, high in CANNY:
        edges = cv2.Canny(grey, low, high)
        lines, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for line in lines:
            if len(line) >= 2 * LEAST_PX:
                rough = _ellipse(cv2.fitEllipseDirect(line), line[:, 0].astype(np.float64))
                if _is_fit(rough, image.shape[1]) and _misfit(rough) < ROUGH_PX:
                    found += _on_edge(grey.astype(np.float32), rough)
    found.sort(key=lambda one: -len(one.edge) * float(one.axes.sum()))
    once = [one for i, one in enumerate(found) if not any(_same(one, other) for other in found[:i])]
    return once[:MOST]


def _ellipse(fitted: tuple, edge: np.ndarray) -> Ellipse:
    """fitted: as OpenCV gives it, full axes and degrees."""
    middle, axes, degrees = fitted
    return Ellipse(np.array(middle), np.array(axes) / 2.0, float(np.radians(degrees)), edge)


def _is_fit(one: Ellipse, width: int) -> bool:
    shorter, longer = np.sort(one.axes)
    return bool(
        np.isfinite([*one.middle, *one.axes]).all()
        and shorter >= LEAST_PX
        and shorter >= FLATTEST * longer
        and longer <= LARGEST * width
    )


def _on_edge(grey: np.ndarray, rough: Ellipse) -> list[Ellipse]:
    """Fitted to the steepest place across it, twice; none where it has no edge nearly all the way round."""
    cv2, one = opencv(), rough
    for reach in REACHES_PX:
        edge = _edge(grey, one, reach)
        if len(edge) < COVERED * SAMPLES:
            return []
        one = _ellipse(cv2.fitEllipseDirect(edge.astype(np.float32)), edge)
        if not _is_fit(one, grey.shape[1]):
            return []
    return [one] if _misfit(one) <= OFF_PX else []


def _edge(grey: np.ndarray, one: Ellipse, reach: float) -> np.ndarray:
    """(M, 2) pixels where the brightness changes most along the normals, less those without an edge."""
    points, outward = one.at(np.linspace(0.0, 2.0 * np.pi, SAMPLES, endpoint=False))
    reach = min(reach, 0.4 * float(one.axes.min()))
    across = np.arange(-reach, reach + STEP_PX / 2, STEP_PX)
    places = points[:, None] + across[:, None] * outward[:, None]
    lit = map_coordinates(grey, [places[..., 1], places[..., 0]], order=1, mode="nearest")
    rise = np.abs(np.gradient(lit, STEP_PX, axis=1))
    steepest = rise[:, 1:-1].argmax(1) + 1
    inside = ((points >= 1) & (points <= np.array(grey.shape[::-1]) - 2)).all(1)
    seen = np.flatnonzero((rise[np.arange(SAMPLES), steepest] >= LEAST_RISE) & inside)
    left, top, right = (rise[seen, steepest[seen] + step] for step in (-1, 0, 1))
    bent = np.maximum(2.0 * top - left - right, 1e-9)
    off = across[steepest[seen]] + STEP_PX * (0.5 * (right - left) / bent).clip(-1.0, 1.0)
    return points[seen] + off[:, None] * outward[seen]


def _misfit(one: Ellipse) -> float:
    """Pixels, root mean square, that the edge is off the ellipse, less the tenth that is off most."""
    turn = np.array([[np.cos(one.angle), -np.sin(one.angle)], [np.sin(one.angle), np.cos(one.angle)]])
    inside = (one.edge - one.middle) @ turn
    radii = np.linalg.norm(inside / one.axes, axis=1)
    off = np.abs(radii - 1.0) * np.linalg.norm(inside, axis=1) / np.maximum(radii, 1e-9)
    return float(np.sqrt((np.sort(off)[: int(0.9 * len(off))] ** 2).mean()))


def _same(one: Ellipse, other: Ellipse) -> bool:
    near = np.linalg.norm(one.middle - other.middle) < ONE_PX
    return bool(near and np.abs(np.sort(one.axes) - np.sort(other.axes)).max() < ONE_PX)
