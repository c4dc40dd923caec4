"""Values of any depth to 8 bits: by the range of their type, or a guess that is said."""

from __future__ import annotations

import os

import numpy as np

from objpose.errors import InputError, warn_input

SENSOR_BITS = (8, 10, 12, 14)  # of what cameras write into 16-bit files
OVERSHOOT = 1e-3  # of float colours beyond 1, by rounding
# A depth map: pixels of exactly 0 (missing), and nothing between them and the nearest surface.
LEAST_MISSING = 1e-3  # share of the pixels
LEAST_GAP = 0.05  # of the farthest


def as_rgb(values: np.ndarray) -> np.ndarray:
    """(H, W, 3) of greys (H, W), repeated, or of colours."""
    return np.ascontiguousarray(np.repeat(values[..., None], 3, axis=2) if values.ndim == 2 else values)


def scaled(values: np.ndarray, bits: int) -> np.ndarray:
    """Values of a range of `bits` as uint8."""
    return np.rint(values * (255 / (2**bits - 1))).astype(np.uint8)


def eight_bits(path: str | os.PathLike, values: np.ndarray) -> np.ndarray:
    """Colours or greys of any type as uint8 of the same shape.

    Raises:
        InputError: negative or infinite values, floats beyond 1, or what is a depth map by all signs.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values.astype(np.uint8) * 255
    if not np.isfinite(values).all() or values.min() < 0:
        found = f"{values.dtype} values that are negative or not finite"
        raise InputError(path, found, "colours: 8 or 16 bits, or floats in 0..1", "save it as 8-bit")
    is_gapped = _is_gapped(values)
    return (
        _of_floats(path, values, is_gapped)
        if values.dtype.kind == "f"
        else _of_integers(path, values, is_gapped)
    )


def _is_gapped(values: np.ndarray) -> bool:
    if values.ndim == 3:
        if not (values == values[..., :1]).all():
            return False
        values = values[..., 0]
    missing = values == 0
    if not LEAST_MISSING <= missing.mean() < 1:
        return False
    nearest, farthest = np.percentile(values[~missing], (0.1, 99))  # of noisy depth, too
    return bool(nearest > LEAST_GAP * farthest)


def _of_floats(path: str | os.PathLike, values: np.ndarray, is_gapped: bool) -> np.ndarray:
    largest = float(values.max())
    is_whole = largest > 1 and largest <= 255 and bool((values == np.rint(values)).all())
    if is_gapped or (largest > 1 + OVERSHOOT and not is_whole):
        found = f"float values from {float(values.min()):.4g} to {largest:.4g}"
        found += ", 0 or far from it, as depth is" if is_gapped else ""
        cure = "give depth as --depth (`read_depth`), save colours as 8-bit"
        raise InputError(path, found, "colours in 0..1", cure)
    return np.rint(np.clip(values, 0, 1) * 255 if not is_whole else values).astype(np.uint8)


def _of_integers(path: str | os.PathLike, values: np.ndarray, is_gapped: bool) -> np.ndarray:
    largest = int(values.max())
    if largest > 65535:
        cure = "save it as 8-bit or 16-bit"
        raise InputError(path, f"{values.dtype} values up to {largest}", "at most 16 bits", cure)
    bits = next((bits for bits in SENSOR_BITS if largest < 2**bits), 16)
    looks = "it looks like a depth map (pixels of 0, none near it): those go to --depth (`read_depth`)"
    kind = f"{8 * values.dtype.itemsize}-bit"
    if bits < 16 and is_gapped:
        found, cure = f"{kind} values up to {largest}, with a gap above 0", f"{looks}; save a photo as 8-bit"
        raise InputError(path, found, "colours", cure)
    if bits < 16 and largest > 0:
        warn_input(
            path,
            f"{kind} values up to {largest} only",
            "values up to 65535",
            f"taken as {bits}-bit data and scaled by {2**bits - 1}; save it as 8-bit to be sure, and give "
            "depth maps as --depth",
        )
    elif is_gapped:
        warn_input(path, f"{kind} values with a gap above 0", "colours", looks)
    return scaled(values, bits)
