"""What was found of pairs of photos, kept for as long as their matches and their lenses are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from objpose.cameras.scene.views import View
from objpose.features.local import Matches
from objpose.features.local.places import Pair

Found = TypeVar("Found")


class PairMemo:
    """Of views that differ by their focal lengths alone."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Pair, bytes, bytes], tuple[Matches, object]] = {}

    def once(
        self, what: str, views: Sequence[View], pair: Pair, matches: Matches, search: Callable[[], Found]
    ) -> Found:
        """What this search of a pair finds, or has found; what: its name."""
        a, b = (views[index].K.tobytes() for index in pair)
        known = self._known.get((what, pair, a, b))
        if known is None or known[0] is not matches:
            known = matches, search()
            self._known[what, pair, a, b] = known
        return known[1]  # type: ignore[return-value]  # of the search of this name
