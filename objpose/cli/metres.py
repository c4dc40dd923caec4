"""What makes metres of photos: distances between cameras, tags and coins of a known size."""

from __future__ import annotations

import click

LENGTHS = click.option(
    "--length",
    "lengths",
    type=(str, str, float),
    multiple=True,
    metavar="PHOTO PHOTO METRES",
    help="A known distance between two cameras: the answer is in metres then. May be given several times.",
)
TAG_SIZES = click.option(
    "--tag-size",
    "tag_sizes",
    multiple=True,
    metavar="[ID=]METRES",
    help="Side of the black square of AprilTags or ArUco markers in the photos: they join the photos, and "
    "make metres. May be given for several ids. Needs pip install 'objpose[tags]'.",
)
TAG_FAMILY = click.option(
    "--tag-family",
    help="Of the tags: 36h11, 25h9, ..., aruco_4x4_50, ...; a wrong name lists them all.  [default: 36h11]",
)
COIN = click.option(
    "--coin",
    metavar="NAME|METRES",
    help="A coin, or another flat disc, beside the object, by its name (2 euro, quarter; a wrong name lists "
    "those like it) or diameter: metres, within some 3 %. Needs pip install 'objpose[tags]'.",
)
COIN_AT = click.option(
    "--coin-at",
    type=(str, float, float),
    metavar="PHOTO COLUMN ROW",
    help="A pixel of it, where the photos show more round things.",
)


def tag_size(given: tuple[str, ...]) -> float | dict[int, float] | None:
    """Metres of all tags, or by id; InputError for what is neither."""
    from objpose.errors import InputError

    try:
        if len(given) == 1 and "=" not in given[0]:
            return float(given[0])
        pairs = [one.split("=") for one in given]
        return {int(number): float(metres) for number, metres in pairs} or None
    except ValueError as error:
        cure = "give one size for all, or ID=METRES for each"
        raise InputError("--tag-size", " ".join(given), "metres, or ID=METRES", cure) from error
