"""What an answer cannot tell, and why it is not sure, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from objpose.poses import FreeTurn, Verdict

GUESSED = 0.2  # of a side: sigma from which its length is a guess
BARE, EMPTY = 0.15, 0.15  # of what is drawn and masked: shares of patches that speak against an answer
UNUSUAL = 2.2  # root mean square of the latents: sizes and forms hardly found in the category
AXES = "xyz"


def ambiguity_of(free_turn: FreeTurn | None, others: Sequence[float]) -> str:
    """others: shares of the alternatives."""
    said = []
    if free_turn is not None:
        start, end = (f"{math.degrees(angle):.0f}" for angle in (free_turn.start, free_turn.end))
        which = "any" if free_turn.is_whole else f"{start} to {end} degrees from this pose"
        said.append(f"turn about z: {which}, no handle in view tells which")
    if others:
        said.append(
            f"{len(others)} other {'ways' if len(others) > 1 else 'way'} to lie: share {sum(others):.2f}"
        )
    return "; ".join(said)


def reason_of(category: str, verdict: Verdict, latent: Tensor, size: Tensor, size_sigma: Tensor) -> str:
    """Of one instance, whose latent is (D,), size and its sigma (3,) metres."""
    said = []
    for axis, side, sigma in zip(AXES, size.tolist(), size_sigma.tolist(), strict=True):
        if sigma > GUESSED * side:
            length = f"{100 * side:.1f} cm, give or take {100 * sigma:.1f}"
            said.append(f"side {axis} is not in view from end to end: as is usual for a {category}, {length}")
    if float(verdict.bare) > BARE:
        said.append(f"{float(verdict.bare):.0%} of the mask shows what no {category} explains")
    if float(verdict.empty) > EMPTY:
        said.append(
            f"{float(verdict.empty):.0%} of the {category} would lie where the frame shows nothing of it"
        )
    if float(latent.square().mean().sqrt()) > UNUSUAL:
        said.append(f"its size and form are unusual for a {category}")
    return "; ".join(said)
