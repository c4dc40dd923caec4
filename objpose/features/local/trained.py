"""Parts of a matcher that say which weights they have."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Trained(Protocol):
    """weights: of each network, its source and licence, as find_weights tells them."""

    weights: tuple[str, ...]


def weights_of(*parts: object) -> tuple[str, ...]:
    """Of those parts that have some, each once."""
    return tuple(dict.fromkeys(one for part in parts if isinstance(part, Trained) for one in part.weights))
