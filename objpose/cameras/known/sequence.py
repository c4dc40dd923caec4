"""Photos taken one after the other: which pairs are worth a search.

Those near in time see the same from nearby. Of those far apart a few keep the sequence from bending; the
others cost the most, and are where things that only look alike are taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from objpose.features.local import Matches
from objpose.features.local.places import Pair

NEAR = 4  # photos ahead that are searched; beyond, those a power of two ahead


def along_sequence(names: Sequence[str], matches: Mapping[Pair, Matches]) -> dict[Pair, Matches]:
    """The matches of the pairs that are near in the order of the names, or a power of two apart."""
    order = {index: place for place, index in enumerate(sorted(range(len(names)), key=names.__getitem__))}
    return {
        pair: found for pair, found in matches.items() if _is_searched(abs(order[pair[0]] - order[pair[1]]))
    }


def _is_searched(apart: int) -> bool:
    return apart <= NEAR or apart & (apart - 1) == 0
