"""Are red and blue swapped? The colours under the mask against those of the object's sides."""

from __future__ import annotations

import numpy as np

from objpose.checking.finding import Finding
from objpose.checking.given import Given
from objpose.geometry import Mesh, view_directions

SIDES = 42
SAMPLES = 2000  # of the surface
QUANTILES = np.linspace(0.05, 0.95, 19)
LIGHT = 0.06  # of red minus blue over their sum with green: what a tinted light may add anywhere
CLEAR = 0.06  # by how much the swapped colours must be nearer
CLOSER = 0.5  # times as far as the given ones, at most
DARK = 40  # sum of the three channels below which a pixel has no colour to speak of


def check_color_order(given: Given, mesh: Mesh) -> Finding | None:
    """None too for objects without colour, and for those in which red and blue are even."""
    pixels = given.rgb[given.mask].astype(float)
    pixels = pixels[pixels.sum(-1) > DARK]
    if mesh.color_source == "none" or len(pixels) < len(QUANTILES):
        return None
    sides = _sides(mesh)
    seen = np.quantile(_redness(pixels), QUANTILES)
    as_given, as_swapped = _distance(seen, sides), _distance(-seen[::-1], sides)
    if as_given < as_swapped + CLEAR or as_swapped > CLOSER * as_given:
        return None
    cure = "give the picture as RGB: OpenCV reads BGR, so reverse its last axis (rgb[..., ::-1])"
    return Finding("colour order", "rgb", "the object's red where it is blue", "red, green, blue", cure)


def _redness(colors: np.ndarray) -> np.ndarray:
    """(N,) from -1 to 1 of colours (N, 3): it changes its sign when red and blue are swapped."""
    return (colors[:, 0] - colors[:, 2]) / np.maximum(colors.sum(-1), 1e-6)


def _sides(mesh: Mesh) -> np.ndarray:
    """(SIDES, quantiles) of the redness of what faces each direction."""
    samples = mesh.sample_surface(SAMPLES, seed=0)
    assert samples.colors is not None  # of a mesh with colours
    redness = _redness(samples.colors.numpy().astype(float))
    facing = np.abs((view_directions(SIDES) @ samples.normals.T).numpy()) > 0.3
    return np.array([np.quantile(redness[side], QUANTILES) for side in facing if side.any()])


def _distance(seen: np.ndarray, sides: np.ndarray) -> float:
    """Mean distance of the quantiles to the most alike side, under the kindest light."""
    apart = seen - sides
    tint = np.clip(np.median(apart, axis=1, keepdims=True), -LIGHT, LIGHT)
    return float(np.abs(apart - tint).mean(axis=1).min())
