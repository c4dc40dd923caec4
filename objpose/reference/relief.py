"""How deep each point of a view may lie: measured, or what the outline of a solid thing lets one expect.

Two views of a small thing far away leave one turn and the thing's depth open against each other (the
bas-relief ambiguity: Koenderink, van Doorn: Affine structure from motion, 1991). What closes it is that
things are about as deep as they are wide, and rounded towards the viewer: so they are in both views.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from objpose.reference.look import Look

BULGE = 0.8  # depth of a bulging thing's middle before its outline, of half its width
BULGE_SPREAD = 0.5  # one standard deviation of that, of itself
SLANT_SPREAD = 0.3  # one standard deviation of the slope of the side that is seen
MEAN_SPREAD = 0.3  # of half the width: what the mean of the other view's side lies off the thing's middle
ROUGH = 0.12  # of half the width: what points lie off a bulging, slanted side
MEASURED = 0.01  # of the distance: noise of measured depth and of its place, near edges above all
BEHIND = 1e-3  # least depth of a projected point
HOLES = 4.0  # pixels of the view across which missing depth is taken from beside


@dataclass(frozen=True, eq=False)
class Relief:
    """Depths of N points along the axis, in units of `unit` metres (None: unknown).

    expected: (N,) about one; shapes: (N, L) what they may change by together, each at one standard deviation;
    noise: (N,) standard deviation of each alone; is_known: (N,) bool, whether there is anything to say.
    """

    expected: np.ndarray
    shapes: np.ndarray
    noise: np.ndarray
    is_known: np.ndarray
    unit: float | None

    def select(self, chosen: np.ndarray) -> Relief:
        """The points at a mask (N,)."""
        arrays = self.expected[chosen], self.shapes[chosen], self.noise[chosen], self.is_known[chosen]
        return Relief(*arrays, self.unit)

    def points(self, rays: np.ndarray, amounts: np.ndarray) -> np.ndarray:
        """(N, 3) for rays (N, 2) under amounts (L,) of the shapes."""
        depth = self.expected + self.shapes @ amounts
        return np.concatenate([rays, np.ones((len(rays), 1))], axis=1) * depth[:, None]


def relief_of(look: Look, pixels: np.ndarray, is_other: bool = False) -> Relief:
    """At pixels (N, 2) of a view: measured if it has depth; is_other: of the second of two views."""
    return bulging_relief(look, pixels, is_other) if look.depth is None else measured_relief(look, pixels)


def measured_relief(look: Look, pixels: np.ndarray) -> Relief:
    """At pixels (N, 2) of a view with depth; unknown where neither it nor its neighbours were measured."""
    assert look.depth is not None
    is_missing = look.depth <= 0
    far, (row, column) = ndimage.distance_transform_edt(is_missing, return_indices=True)
    at_column, at_row = np.round(pixels).astype(int).T.clip(0, look.size - 1)
    unit = depth_unit(look)
    depth = look.depth[row[at_row, at_column], column[at_row, at_column]] / unit
    noise = np.full(len(pixels), MEASURED)
    return Relief(depth, np.zeros((len(pixels), 0)), noise, far[at_row, at_column] <= HOLES, unit)


def depth_unit(look: Look) -> float:
    """Metres to the middle of a thing whose view has depth."""
    assert look.depth is not None
    return float(np.median(look.depth[look.depth > 0]))


def bulging_relief(look: Look, pixels: np.ndarray, is_other: bool = False) -> Relief:
    """At pixels (N, 2) of a view without depth: as of a pillow over the mask, which may be slanted."""
    column, row = np.round(pixels).astype(int).T.clip(0, look.size - 1)
    bulge = -BULGE * look.radius * look.height[row, column]
    rays = look.rays(pixels)
    rows, columns = np.nonzero(look.mask)
    aslant = rays - look.rays(np.stack([columns, rows], axis=1)).mean(0)
    shapes = [BULGE_SPREAD * bulge[:, None], SLANT_SPREAD * aslant]
    if is_other:
        shapes.append(np.full((len(pixels), 1), MEAN_SPREAD * look.radius))
    noise = np.full(len(pixels), ROUGH * look.radius)
    known = np.ones(len(pixels), dtype=bool)
    return Relief(1.0 + bulge, np.concatenate(shapes, axis=1), noise, known, None)


def unknown_relief(count: int) -> Relief:
    """Of so many points of which nothing is said."""
    known = np.zeros(count, dtype=bool)
    return Relief(np.ones(count), np.zeros((count, 0)), np.ones(count), known, None)


def places_in(a: Look, b: Look, pixels: np.ndarray, b_from_a: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """(N, 2) pixels of b where it shows what pixels (N, 2) of a show, on a's relief under amounts (L,)."""
    relief = relief_of(a, pixels)
    seen = moved(b_from_a, relief.points(a.rays(pixels), amounts[: relief.shapes.shape[1]]))
    rays = seen[:, :2] / np.maximum(seen[:, 2:], BEHIND)
    found: np.ndarray = rays * b.K.diagonal()[:2] + b.K[:2, 2]
    return found


def moved(motion: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (N, 3) under a motion (4, 4)."""
    found: np.ndarray = points @ motion[:3, :3].T + motion[:3, 3]
    return found
