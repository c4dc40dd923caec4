"""Normal equations of one kind of residual, which kinds add up."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class System(NamedTuple):
    """Of B poses: what a least-squares solver needs."""

    normal: Tensor  # (B, 6, 6)
    gradient: Tensor  # (B, 6)
    cost: Tensor  # (B,)

    def plus(self, other: System) -> System:
        return System(*(one + another for one, another in zip(self, other, strict=True)))

    def times(self, weight: float) -> System:
        return System(*(weight * one for one in self))
