"""How deep each point of a view may lie: measured, or what the outline of a solid thing lets one expect.

Two views of a small thing far away leave one turn and the thing's depth open against each other (the
bas-relief ambiguity: Koenderink, van Doorn: Affine structure from motion, 1991). What closes it is that
things are about as deep as they are wide, and rounded towards the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from objpose.reference.look import Look

BULGE = 0.5  # depth of a bulging thing's middle before its outline, of half its width
BULGE_SPREAD = 0.5  # one standard deviation of that, of itself
SLANT_SPREAD = 0.5  # one standard deviation of the slope of the side that is seen
ROUGH = 0.12  # of half the width: what points lie off a bulging, slanted side
MEASURED = 0.01  # of the distance: noise of measured depth and of its place, near edges above all
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


def is_hollow(amounts: np.ndarray) -> bool:
    """Whether amounts (L,) of a bulging relief's shapes turn the bulge inside out."""
    return bool(len(amounts)) and 1.0 + BULGE_SPREAD * float(amounts[0]) < 0.0


def measured_relief(look: Look, pixels: np.ndarray) -> Relief:
    """At pixels (N, 2) of a view with depth; unknown where neither it nor its neighbours were measured."""
    assert look.depth is not None
    is_missing = look.depth <= 0
    far, (row, column) = ndimage.distance_transform_edt(is_missing, return_indices=True)
    at_column, at_row = np.round(pixels).astype(int).T.clip(0, look.size - 1)
    unit = float(np.median(look.depth[~is_missing]))
    depth = look.depth[row[at_row, at_column], column[at_row, at_column]] / unit
    noise = np.full(len(pixels), MEASURED)
    return Relief(depth, np.zeros((len(pixels), 0)), noise, far[at_row, at_column] <= HOLES, unit)


def bulging_relief(look: Look, pixels: np.ndarray) -> Relief:
    """At pixels (N, 2) of a view without depth: as of a pillow over the mask, which may be slanted."""
    within = ndimage.distance_transform_edt(look.mask)
    within = within / max(float(within.max()), 1.0)
    height = np.sqrt(1.0 - (1.0 - within) ** 2)  # a quarter circle from the outline to the innermost point
    at_column, at_row = np.round(pixels).astype(int).T.clip(0, look.size - 1)
    raised = height[at_row, at_column] - float(height[look.mask].mean())
    bulge = -BULGE * look.radius * raised
    rays = look.rays(pixels)
    rows, columns = np.nonzero(look.mask)
    middle = look.rays(np.stack([columns, rows], axis=1)).mean(0)
    shapes = np.concatenate([BULGE_SPREAD * bulge[:, None], SLANT_SPREAD * (rays - middle)], axis=1)
    noise = np.full(len(pixels), ROUGH * look.radius)
    return Relief(1.0 + bulge, shapes, noise, np.ones(len(pixels), dtype=bool), None)
