"""A circle grown to the outermost edge about its middle: rims and rings within a coin may stand out more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from objpose.cameras.coins.circles import Circle
from objpose.cameras.scene.views import View

SHARES = np.arange(0.7, 1.8, 0.01)  # of the radius, at which the brightness is looked at
DIRECTIONS = 120
BLUR = 1.0  # of those shares
# An edge all the way round is one where the median direction changes more than elsewhere, or most do in one
# sense: the side of a coin, and its shadow, lie along a half.
STANDS_OUT = 2.0  # times as much as the brightness changes there at most radii
OF_STRONGEST = 0.3  # share of the strongest edge that such an edge must have
MOST = 0.75  # of the directions
SIGMAS = 5.0  # of the mean over them
AROUND = 1.12  # radii beyond which there is ground
WIDE = 3  # shares to either side that are an edge's own
PLAIN = 0.2  # of an edge: how strongly ground may be printed; tables in a coin's own greys have 0.23 and more
INDEPENDENT = 30  # of the directions, which are as many as what is printed there has grains


def with_outer_rim(
    circle: Circle,
    views: Sequence[View],
    cams_from_world: Mapping[int, np.ndarray],
    greys: Mapping[int, np.ndarray],
) -> Circle | None:
    """None where the ground around it is printed so strongly that the rim does not stand out.

    greys: (H, W) float of the photos that show it. The same circle where no edge stands out beyond it.
    """
    slopes = [_slopes(circle, views[photo], cams_from_world[photo], greys[photo]) for photo in circle.shown]
    typical = np.median(np.mean(np.abs(slopes), axis=0), axis=1)
    least = max(STANDS_OUT * np.median(typical), OF_STRONGEST * typical.max())
    together = np.mean(slopes, axis=0)
    noise = together.std(axis=1) / np.sqrt(INDEPENDENT) + 1e-9
    change, rises = np.abs(together.mean(axis=1)), (together > 0).mean(axis=1)
    is_alike = np.maximum(rises, 1.0 - rises) > MOST
    sigmas = np.where(is_alike & (change > OF_STRONGEST * change.max()), change / noise, 0.0)
    edges = np.flatnonzero((_peaks(typical) & (typical > least)) | (_peaks(sigmas) & (sigmas > SIGMAS)))
    rim = int(edges[-1]) if len(edges) else int(np.abs(SHARES - 1.0).argmin())
    around = typical[AROUND * SHARES[rim] < SHARES]
    if not len(around) or np.median(around) > PLAIN * typical[max(rim - WIDE, 0) : rim + WIDE + 1].max():
        return None
    return circle._replace(radius=circle.radius * float(SHARES[rim]))


def _peaks(profile: np.ndarray) -> np.ndarray:
    """(R,) where it is larger than beside."""
    return np.r_[False, (profile[1:-1] > profile[:-2]) & (profile[1:-1] >= profile[2:]), False]


def _slopes(circle: Circle, view: View, cam: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """(R, D) change of the brightness along the radius, in directions that are the same for all photos."""
    across = np.linalg.svd(circle.normal[None])[2][1:]
    angles = np.linspace(0.0, 2.0 * np.pi, DIRECTIONS, endpoint=False)
    outward = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ across
    points = circle.middle + circle.radius * SHARES[:, None, None] * outward
    inside = points.reshape(-1, 3) @ cam[:3, :3].T + cam[:3, 3]
    pixels = view.on_photo(inside[:, :2] / inside[:, 2:] * view.K.diagonal()[:2] + view.K[:2, 2])
    lit = map_coordinates(grey, [pixels[:, 1], pixels[:, 0]], order=1, mode="nearest")
    smooth = gaussian_filter1d(lit.reshape(len(SHARES), DIRECTIONS), BLUR, axis=0)
    return np.gradient(smooth, axis=0)
