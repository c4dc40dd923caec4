"""Coins by the names that people call them, and how large they are."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from objpose.errors import InputError

CoinAt = tuple[str, float, float]  # photo, column, row

# Millimetres, as their mints state them. Coins with corners (50 pence, 1 pound) have no one diameter.
DIAMETERS_MM = {
    "1 cent eur": 16.25,
    "2 cent eur": 18.75,
    "5 cent eur": 21.25,
    "10 cent eur": 19.75,
    "20 cent eur": 22.25,
    "50 cent eur": 24.25,
    "1 euro": 23.25,
    "2 euro": 25.75,
    "penny": 19.05,
    "nickel": 21.21,
    "dime": 17.91,
    "quarter": 24.26,
    "half dollar": 30.61,
    "1 penny gbp": 20.3,
    "2 pence gbp": 25.9,
    "5 pence gbp": 18.0,
    "10 pence gbp": 24.5,
    "2 pounds": 28.4,
    "1/2 franc": 18.2,
    "1 franc": 23.2,
    "2 francs": 27.4,
    "5 francs": 31.45,
    "1 yen": 20.0,
    "5 yen": 22.0,
    "10 yen": 23.5,
    "50 yen": 21.0,
    "100 yen": 22.6,
    "500 yen": 26.5,
}


def coin_diameter(coin: str | float) -> float:
    """Metres of a coin by name, or of any flat disc by its diameter, which may come as text.

    Raises:
        InputError: a name that is not known, naming those like it; a diameter that is no positive number.
    """
    name = " ".join(str(coin).lower().split())
    if name in DIAMETERS_MM:
        return DIAMETERS_MM[name] / 1000.0
    try:
        metres = float(coin)
    except ValueError:
        some = ", ".join(get_close_matches(name, DIAMETERS_MM, n=3, cutoff=0.3) or DIAMETERS_MM)
        cure = "name it so, or give its diameter in metres"
        raise InputError("coin", coin, f"a known coin, as {some}", cure) from None
    if not 0.0 < metres < float("inf"):
        raise InputError("coin", coin, "a diameter in metres above 0", "measure across it")
    return metres


def check_coin_at(at: CoinAt | None, names: Collection[str]) -> None:
    """InputError for a place in no photo."""
    if at is not None and at[0] not in names:
        raise InputError("place of a coin", f"no photo {at[0]!r}", "the name of a photo", "check the name")
