"""How many of the pixels that speak for a pose speak for themselves."""

from __future__ import annotations

from torch import Tensor

TOGETHER = 9.0  # pixels that err alike: noise and misregistration reach a pixel or two
MOST = 20.0  # independent witnesses at most: a shade or a bump that the mesh lacks is wrong everywhere alike
# Witnesses from which a judgement of the whole is believed by half: poses that are drawn alike where the
# frame shows them differ in it by how well each happens to be aligned.
DOUBT = 2.0


def effective(count: Tensor) -> Tensor:
    """(*,) what one of `count` (*,) pixels is worth, in witnesses that err by themselves."""
    return (TOGETHER + count / MOST).reciprocal()


def believed(count: Tensor) -> Tensor:
    """(*,) in [0, 1] how far judgements of the whole are believed, of poses that differ in (*,) pixels."""
    witnesses = count * effective(count)
    return witnesses / (witnesses + DOUBT)
