"""How closely outlines are looked at while placements are fitted, from far to near."""

from __future__ import annotations

from typing import NamedTuple


class Sampling(NamedTuple):
    """How many points of an outline are looked at, and how many places on the ray of each."""

    points: int
    depths: int


class Stage(NamedTuple):
    """Of a fit: by how much outlines are taken to be less exact than they are, and for how many rounds."""

    blur: float
    rounds: int
    sampling: Sampling


COARSE, MEDIUM, FINE = Sampling(16, 24), Sampling(16, 32), Sampling(32, 40)
