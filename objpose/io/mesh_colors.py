"""Colours of vertices and materials as files write them: 0 to 1, 0 to 255 or 0 to 65535."""

from __future__ import annotations

import numpy as np

from objpose.errors import warn_input

FLOAT_WHITES = (1.0, 255.0, 65535.0)
INTEGER_WHITES = (255.0, 65535.0)
ROUNDING = 1.001  # what arithmetic of the exporter may add to white


def unit_colors(
    values: np.ndarray, subject: object, whites: tuple[float, ...] = FLOAT_WHITES
) -> np.ndarray | None:
    """(N, 3) colours in [0, 1] of numbers whose white is the smallest of `whites` that holds them all.

    None, with a warning, where they are no colours: negative, NaN or larger still.
    """
    values = np.asarray(values, dtype=np.float64)
    largest = values.max(initial=0.0)
    white = next((white for white in whites if largest <= white * ROUNDING), None)
    if white is None or not (values >= 0).all():
        found = f"colours from {values.min():g} to {largest:g}"
        warn_input(subject, found, "colours of 0 to 1 or 0 to 255", "the mesh is used without them")
        return None
    return (values / white).clip(0, 1)
