"""What a coin of known diameter says of the unit, or why it says nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from objpose.cameras.coins.circles import LEAST_PHOTOS, Circle, find_circles
from objpose.cameras.coins.ellipses import find_ellipses
from objpose.cameras.coins.rim import with_outer_rim
from objpose.cameras.known.coins import CoinAt
from objpose.cameras.known.metre import Measure
from objpose.cameras.scene.photos import Photo
from objpose.cameras.scene.views import View
from objpose.errors import InputError
from objpose.work import share

SIGMA = 0.03  # share that the rim is off: rings within it, and the shadow beside
NAMED = 4  # places that a warning names
BESIDE = 1.3  # radii from the middle of a round thing that still mean it


class CoinSays(NamedTuple):
    """measures: one, or none where no one circle is the coin; unused: why, in the words of a warning."""

    measures: list[Measure]
    unused: InputError | None


def coin_says(
    views: Sequence[View],
    photos: Sequence[Photo],
    cams_from_world: Mapping[int, np.ndarray],
    metres: float,
    at: CoinAt | None,
) -> CoinSays:
    """Of placed photos.

    at: (photo, column, row), a pixel of the coin, which tells it from other round things.
    """
    placed = sorted(cams_from_world)
    ellipses = share(find_ellipses, [photos[index].image for index in placed])
    circles = find_circles(views, cams_from_world, dict(zip(placed, ellipses, strict=True)))
    meant = circles if at is None else _nearest(circles, photos, at)
    if len(meant) != 1:
        return CoinSays([], _why_not(photos, circles, at))
    greys = {index: photos[index].image.astype(np.float32).mean(2) for index in meant[0].shown}
    coin = with_outer_rim(meant[0], views, cams_from_world, greys)
    if coin is None:
        found = f"the round thing at {_place(photos, meant[0])} on ground printed as strongly as its rim"
        cure = "lay it on a plain sheet of paper"
        return CoinSays([], InputError("coin", found, "a rim that stands out", cure))
    what = f"the round thing at {_place(photos, coin)}, which {len(coin.shown)} photos show"
    return CoinSays([Measure(what, 2.0 * coin.radius, metres, SIGMA)], None)


def _nearest(circles: Sequence[Circle], photos: Sequence[Photo], at: CoinAt) -> list[Circle]:
    """The one that shows its middle nearest to a pixel, if that is on it."""
    name, *pixel = at
    off = [
        (float(np.linalg.norm(one.middle - np.array(pixel)) / one.axes.max()), number)
        for number, circle in enumerate(circles)
        for index, one in circle.shown.items()
        if photos[index].name == name
    ]
    return [circles[number] for far, number in [min(off)] if far < BESIDE] if off else []


def _place(photos: Sequence[Photo], circle: Circle) -> str:
    """(column, row) in the photo that shows it largest."""
    photo = max(circle.shown, key=lambda index: float(circle.shown[index].axes.prod()))
    column, row = circle.shown[photo].middle.round().astype(int)
    return f"({column}, {row}) of {photos[photo].name}"


def _why_not(photos: Sequence[Photo], circles: Sequence[Circle], at: CoinAt | None) -> InputError:
    seen = ", ".join(_place(photos, one) for one in circles[:NAMED])
    if not circles:
        found, cure = (
            f"no round thing that {LEAST_PHOTOS} photos show",
            "lay it flat beside the object, in view of more photos, 12 pixels wide or more",
        )
    elif at is None:
        found, cure = (
            f"{len(circles)} round things, as at {seen}",
            "say which: coin_at of Known, --coin-at PHOTO COLUMN ROW",
        )
    else:
        found, cure = f"none at ({at[1]:g}, {at[2]:g}) of {at[0]}, but at {seen}", "correct the place"
    return InputError("coin", found, "one, whose diameter makes metres", cure)
