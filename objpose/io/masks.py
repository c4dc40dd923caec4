"""Masks as people have them: 0/1, 0/255, soft borders, alpha, logits, probabilities; label maps by a label.

Nothing is guessed among several objects: a label map without a label is refused with the labels in it.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from objpose.errors import InputError
from objpose.io.images import ViewImage
from objpose.io.label_maps import LABEL_CURE, describe_labels, labels_of
from objpose.io.mask_json import read_mask_json
from objpose.io.orientation import Orientation
from objpose.io.stored import Stored, opened_picture, read_stored

MASK = "a mask (PNG, .npy, or COCO or LabelMe JSON)"
MOST_COLORS = 256  # more in a picture make it a photo
TINT, ONE_COLOR = 16, 0.995  # levels that shades of one colour differ from it by JPEG; the share that do not

Label = int | str | None


def read_mask(
    path: str | os.PathLike,
    label: Label = None,
    photo: ViewImage | None = None,
) -> np.ndarray:
    """Read a mask as (H, W) bool; an all-zero picture is an empty mask.

    Understood: 0/1, 0/255, 0/any one value, soft-edged and JPEG masks (above half of the largest value), one
    colour on black, palette pictures with one object, alpha channels of cut-outs, probabilities (above 0.5),
    logits (above 0), COCO run lengths and polygons, LabelMe polygons.

    Args:
        label: of a label map, the value that means the object; of colours, as text "#ff8000".
        photo: that it belongs to: it comes in the turn of that picture; None: upright as its own file asks.

    Raises:
        InputError: missing or unreadable file, a label map without `label`, or a label that is not in it.
    """
    if Path(path).suffix.lower() == ".json":
        mask, turn = read_mask_json(path, None if photo is None else photo.size, label), Orientation()
    else:
        stored = read_stored(path, MASK)
        mask, turn = _of_stored(stored, path, label), stored.orientation
    return turn.upright(mask) if photo is None else photo.beside(mask, turn, path)


def shown_mask(picture: Image.Image | np.ndarray | Tensor, name: str) -> np.ndarray:
    """(H, W) bool of a picture that Pillow has opened or made, or of an array (H, W, 3 or 4), as of its file.

    Raises:
        InputError: as `read_mask`.
    """
    if isinstance(picture, Image.Image):
        stored = opened_picture(picture, name, MASK)
        return stored.orientation.upright(_of_stored(stored, name, None))
    return _of_stored(Stored(np.asarray(picture)), name, None)


def as_mask(values: np.ndarray, name: object = "mask", label: Label = None) -> np.ndarray:
    """(H, W) bool of an array (H, W) of bools, integers or floats, by the rules of `read_mask`.

    Raises:
        InputError: NaN, other floats, or several labels and none chosen.
    """
    if values.dtype == bool:
        return values
    if label is not None or values.dtype.kind != "f":
        return labels_of(values, name, label)
    if not np.isfinite(values).all():
        found = f"{int((~np.isfinite(values)).sum())} values that are not finite"
        raise InputError(name, found, "a mask", "write what is no object as 0")
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if low < 0:
        return _of_signed(values, name)
    if high <= 1:
        if 0 < high <= 0.5:
            cure = "threshold it where you mean it"
            raise InputError(name, f"probabilities up to {high:.3g}", "some above 0.5", cure)
        return values > 0.5
    if (values == np.rint(values)).all() and high < 2**31:
        return labels_of(values.astype(np.int64), name, None)
    found = f"float values from {low:.4g} to {high:.4g}"
    raise InputError(name, found, "bools, probabilities in 0..1 or logits", "threshold them first")


def _of_signed(values: np.ndarray, name: object) -> np.ndarray:
    """Logits; whole numbers with several positive ones are labels, -1 for what is ignored."""
    if (values == np.rint(values)).all() and np.abs(values).max() < 2**31:
        return labels_of(values.astype(np.int64), name, None)
    return values > 0


def _of_stored(stored: Stored, path: str | os.PathLike, label: Label) -> np.ndarray:
    values = stored.values
    if stored.palette is not None:
        return _of_palette(stored, path, label)
    if values.ndim == 3 and values.shape[-1] in (2, 4):
        alpha, values = values[..., -1], values[..., :-1]
        if label is None and alpha.min() < alpha.max():
            return _of_alpha(alpha, values, path)
        if not alpha.any():
            raise InputError(path, "a wholly transparent picture", MASK, "save it without transparency")
    if values.ndim == 3 and (values == values[..., :1]).all():
        values = values[..., 0]
    return as_mask(values, path, label) if values.ndim == 2 else _of_colors(values, path, label)


def _of_alpha(alpha: np.ndarray, colors: np.ndarray, path: str | os.PathLike) -> np.ndarray:
    """The cut-out of a photo or of one colour; colours that are another mask contradict it."""
    cut = as_mask(alpha, f"{path}: alpha")
    visible = colors[alpha > 0]
    plain = visible.max(axis=-1) if colors.shape[-1] == 1 or _is_grey(visible) else None
    if len(visible) and plain is not None and 1 < len(np.unique(plain)) <= 2 and plain.min() == 0:
        white = colors.max(axis=-1) > 0
        if not np.array_equal(white & cut, cut):
            found = "an alpha channel and black and white that differ from it"
            raise InputError(path, found, "one mask", "save the one that is meant without the other")
    return cut


def _is_grey(colors: np.ndarray) -> bool:
    return bool((colors == colors[:, :1]).all())


def _of_palette(stored: Stored, path: str | os.PathLike, label: Label) -> np.ndarray:
    """Indices are labels, 0 or black the background; a palette of greys is a grey picture."""
    assert stored.palette is not None
    used = np.unique(stored.values)
    if used.max() >= len(stored.palette):
        return as_mask(stored.values, path, label)
    colors = stored.palette[used].astype(int)
    if (colors == used[:, None]).all():
        return as_mask(stored.values, path, label)
    black = used[(colors == 0).all(axis=1)]
    if 0 in used and len(black) and 0 not in black:
        return _of_colors(stored.palette[stored.values], path, label)
    values = np.where(np.isin(stored.values, black), 0, stored.values).astype(np.int64)
    return labels_of(values, path, label, are_labels=True)


def _of_colors(colors: np.ndarray, path: str | os.PathLike, label: Label) -> np.ndarray:
    """One colour on black, its border soft or not; several are labels."""
    if colors.dtype != np.uint8:
        found = f"{colors.dtype} colours"
        raise InputError(path, found, MASK, "save it as 8-bit, the object white on black")
    packed = colors.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    if label is not None:
        return labels_of(packed, path, label, are_colors=True)
    values, counts = np.unique(packed, return_counts=True)
    brightest = colors.max(axis=-1)
    shades = counts * (values > 0)
    main = values[shades.argmax()]
    color = np.array([main >> 16, (main >> 8) & 255, main & 255])
    shaded = brightest[..., None] * (color / max(color.max(), 1))
    if (np.abs(colors - shaded).max(axis=-1) <= TINT).mean() > ONE_COLOR:
        return as_mask(brightest, path)
    if len(values) > MOST_COLORS:
        found = f"a picture of {len(values)} colours"
        raise InputError(path, found, MASK, "give the object white on black, or as an alpha channel")
    found = describe_labels(values, counts, are_colors=True)
    raise InputError(path, found, "one colour on black", LABEL_CURE)
