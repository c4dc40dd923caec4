"""Pictures of whole numbers: one object with hard or soft borders, or several, each with its label."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from objpose.errors import InputError

LABEL_CURE = "say which one is the object: --mask-label VALUE, `read_mask(path, label=VALUE)`"
SMALL = 64  # below it a largest value is a label, not a brightness
FEW = 8  # values up to which a picture with flat areas of several of them is a label map
WHITE = 240  # from here on, a largest value may be a white that noise has dimmed
END = 0.02  # of the largest value: what noise moves black and white by
LEAST_FLAT = 0.5  # share of the pixels between black and white that lie in flat areas, in a label map
GREY_ALL_OVER = 0.6  # share of pixels well between black and white that makes a photo, no mask
LEAST_AREA = 0.01  # of the pixels that are not 0: smaller flat areas say nothing
MOST_LISTED = 8


def labels_of(
    values: np.ndarray,
    name: object,
    label: int | str | None,
    are_labels: bool = False,
    are_colors: bool = False,
) -> np.ndarray:
    """(H, W) bool: the pixels of a label, or of the only object.

    Args:
        values: (H, W) whole numbers, 0 or less for the background.
        label: the value that is meant; None where there is one object.
        are_labels: they are no brightness, as the indices of a palette.
        are_colors: they are packed 0xRRGGBB.

    Raises:
        InputError: several labels and none chosen, none that is the background, or no such label.
    """
    found, counts = np.unique(values, return_counts=True)
    if label is not None:
        return _chosen(values, name, label_value(label), found, counts, are_colors)
    above = found[found > 0]
    if not len(above):
        return np.zeros(values.shape, bool)
    if len(above) == 1:
        return values > 0
    is_map = are_labels or above[-1] < SMALL or _is_label_map(values, above, counts[found > 0])
    if is_map or (found[0] > 0 and found[0] > 0.1 * above[-1]):
        cure = LABEL_CURE if is_map else f"write what is no object as 0; else {LABEL_CURE}"
        raise InputError(name, describe_labels(found, counts, are_colors), "one object on 0", cure)
    if ((values > 0.1 * above[-1]) & (values < 0.9 * above[-1])).mean() > GREY_ALL_OVER:
        raise InputError(name, "greys all over, as in a photo", "a mask", "give the object white on black")
    return values > above[-1] / 2


def label_value(label: int | str) -> int:
    """A label as typed: a whole number, or a colour as #rrggbb.

    Raises:
        InputError: neither.
    """
    try:
        text = str(label).strip()
        return int(text[1:], 16) if text.startswith("#") else int(text)
    except ValueError as error:
        raise InputError(
            "mask label", label, "a whole number or #rrggbb", "as the refusal lists them"
        ) from error


def describe_labels(values: np.ndarray, counts: np.ndarray, are_colors: bool = False) -> str:
    """The labels that are not the background with their numbers of pixels, the largest first."""
    order = [i for i in np.argsort(-counts, kind="stable") if values[i] > 0]
    names = [f"#{values[i]:06x}" if are_colors else str(values[i]) for i in order]
    listed = [f"{name} ({counts[i]} pixels)" for name, i in zip(names, order, strict=True)][:MOST_LISTED]
    more = f" and {len(order) - MOST_LISTED} more" if len(order) > MOST_LISTED else ""
    return f"{len(order)} labels: {', '.join(listed)}{more}"


def _chosen(
    values: np.ndarray, name: object, label: int, found: np.ndarray, counts: np.ndarray, are_colors: bool
) -> np.ndarray:
    if label not in found:
        cure = "choose one of them"
        raise InputError(name, describe_labels(found, counts, are_colors), f"a label {label}", cure)
    return values == label


def _is_label_map(values: np.ndarray, above: np.ndarray, counts: np.ndarray) -> bool:
    """Whether values beside the largest fill areas; between black and white they else lie at borders only."""
    flat = maximum_filter(values, 3) == minimum_filter(values, 3)
    least = LEAST_AREA * counts.sum()
    is_white = WHITE <= above[-1] <= 255  # other values count objects
    white = (1 - END) * above[-1] if is_white else above[-1]
    others = above[above < white]
    if len(above) <= FEW and any(np.count_nonzero(flat & (values == other)) >= least for other in others):
        return True
    between = (values > END * above[-1]) & (values < (1 - END) * above[-1])
    inside = np.count_nonzero(between & flat)
    return inside >= max(least, LEAST_FLAT * np.count_nonzero(between))
