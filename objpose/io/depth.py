"""Depth maps on disk: metres come out, 0 where there is none.

NaN and infinity are "no measurement" and "too near or too far" by REP-118, and some drivers write negative
numbers for the same: all of them are missing, 0.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from objpose.errors import InputError, warn_input
from objpose.io.images import ViewImage
from objpose.io.stored import Stored, read_stored

DEPTH = "a depth map (16-bit PNG or TIFF, float TIFF, .npy)"
MILLIMETRES = 0.001  # metres per stored unit of 16-bit pictures where nothing else is said, as BOP and ROS do
UNITS = {"millimetres": MILLIMETRES, "centimetres": 0.01}
NEAREST, FARTHEST = 0.02, 50.0  # metres: medians of depth outside of this are in another unit
INFINITY = 1e9  # stored units from which floats stand for infinity: renderers write 1e10
MANY = 0.5  # share of pixels that are not numbers from which it is said


def read_depth(
    path: str | os.PathLike,
    scale_m: float | None = None,
    photo: ViewImage | None = None,
) -> np.ndarray:
    """Read a depth map as (H, W) float32 z-depth in metres, 0 = missing.

    Args:
        path: 16-bit PNG or TIFF, float TIFF, or an array in .npy or .npz.
        scale_m: metres per stored unit, e.g. 0.001 for millimetres. None: floats are metres, 16-bit pictures
            millimetres, and integer arrays refused. Floats that are metres already are not scaled, with a
            warning.
        photo: that it belongs to: it comes in the turn of that picture; None: upright as its own file asks.

    Raises:
        InputError: missing or unreadable file, 8-bit or colour picture, bad scale, floats in no likely unit,
            mostly negative values (z backward).
    """
    if scale_m is not None and not (np.isfinite(scale_m) and scale_m > 0):
        cure = "use 0.001 for millimetres"
        raise InputError("depth scale", scale_m, "metres per stored unit, above 0", cure)
    stored = read_stored(path, DEPTH)
    values = _one_channel(Path(path), stored)
    if values.dtype.kind == "f":
        depth = _measured(path, values.astype(np.float64))
        depth *= _scale_of_floats(path, depth, scale_m)
    else:
        units = _measured(path, _without_saturated(path, values).astype(np.float64))
        depth = units * _scale_of_integers(path, stored, scale_m)
    depth = depth.astype(np.float32)
    if photo is None:
        return stored.orientation.upright(depth)
    return photo.beside(depth, stored.orientation, path)


def _measured(name: object, depth: np.ndarray) -> np.ndarray:
    is_number = np.abs(depth) < INFINITY
    seen, negative = is_number & (depth > 0), is_number & (depth < 0)
    if negative.sum() > seen.sum():
        found = f"{int(negative.sum())} negative values, {int(seen.sum())} positive"
        raise InputError(name, found, "z-depth that grows forward", "negate it: z points backward here")
    if negative.any():
        found = f"{int(negative.sum())} negative values, the least {float(depth[negative].min()):.4g}"
        warn_input(name, found, "0 or more", "taken as missing (0)")
    wrong = float((~is_number).mean())
    if wrong > MANY:
        warn_input(name, f"{wrong:.0%} NaN or infinity", "mostly depth", "taken as missing (0)")
    return np.where(seen, depth, 0.0)


def _without_saturated(name: object, values: np.ndarray) -> np.ndarray:
    """The largest value of 16 bits is no measurement: it stands for none, or for too far."""
    saturated = (
        values == np.iinfo(np.uint16).max if values.dtype == np.uint16 else np.zeros(values.shape, bool)
    )
    if saturated.any():
        found = f"{int(saturated.sum())} values of 65535, the largest of 16 bits"
        warn_input(name, found, "measured depth, 0 where there is none", "taken as missing (0)")
    return np.where(saturated, 0, values)


def _one_channel(path: Path, stored: Stored) -> np.ndarray:
    values = stored.values
    if stored.palette is not None or values.dtype == bool or (values.dtype.itemsize == 1):
        kind = "colour" if stored.palette is not None or values.ndim == 3 else "grey"
        cure = "give the depth as the sensor stores it, not its picture in colours or greys"
        raise InputError(path, f"an 8-bit picture ({kind})", DEPTH, cure)
    if values.ndim == 2:
        return values
    colors = values[..., : {2: 1, 3: 3, 4: 3}[values.shape[-1]]]
    if not (colors == colors[..., :1]).all():
        found = f"{colors.shape[-1]} channels that differ"
        raise InputError(path, found, DEPTH, "unpack it to one channel")
    return colors[..., 0]


def _scale_of_integers(path: str | os.PathLike, stored: Stored, scale_m: float | None) -> float:
    if scale_m is None and stored.is_array:
        cure = "say metres per unit: --depth-scale, `scale_m`; 0.001 for millimetres"
        raise InputError(path, f"{stored.values.dtype} values and no scale", "a depth scale", cure)
    return MILLIMETRES if scale_m is None else scale_m


def _scale_of_floats(path: str | os.PathLike, depth: np.ndarray, scale_m: float | None) -> float:
    """The scale, or 1 where the values are metres as they stand."""
    seen = depth[depth > 0]
    median = float(np.median(seen)) if len(seen) else 1.0
    scale = 1.0 if scale_m is None else scale_m
    if NEAREST < median * scale < FARTHEST or not len(seen):
        return scale
    if NEAREST < median < FARTHEST:
        warn_input(
            path, f"float values with a median of {median:.4g} and a scale of {scale:g}", "metres",
            "taken as metres, the scale left out",
        )  # fmt: skip
        return 1.0
    units = {name: unit for name, unit in UNITS.items() if NEAREST < median * unit < FARTHEST}
    cure = " or ".join(f"--depth-scale {unit:g}" for unit in units.values())
    cure = f"say metres per unit: {cure}, `scale_m`" if units else "check the file"
    kind = " or ".join(units) or "no unit of depth"
    raise InputError(path, f"float values with a median of {median:.4g}, as {kind}", "metres", cure)
