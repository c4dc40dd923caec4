"""How many of the pixels that speak for a pose speak for themselves."""

from __future__ import annotations

from torch import Tensor

TOGETHER = 9.0  # pixels that err alike: noise and misregistration reach a pixel or two
MOST = 20.0  # independent witnesses at most: a shade or a bump that the mesh lacks is wrong everywhere alike


def effective(count: Tensor) -> Tensor:
    """(*,) what one of `count` (*,) pixels is worth, in witnesses that err by themselves."""
    return (TOGETHER + count / MOST).reciprocal()
