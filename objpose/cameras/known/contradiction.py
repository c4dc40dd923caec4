"""What the photos say against what was stated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contradiction:
    """constraint: what was stated of what; stated, found: in words; sigmas: by how many they differ."""

    constraint: str
    stated: str
    found: str
    sigmas: float

    def __str__(self) -> str:
        return f"{self.constraint}: found {self.found}, stated {self.stated}; {self.sigmas:.0f} sigmas apart"


def camera_contradiction(
    name: str, other: str, turn_deg: float, direction_deg: float, ahead: float, sigmas: float
) -> Contradiction:
    """Of a known camera beside another one; ahead: nats by which the photos want them otherwise."""
    return Contradiction(
        f"known camera of {name}",
        f"its place to that of {other}",
        f"one turned by {turn_deg:.1f} degrees and {direction_deg:.1f} aside, {ahead:.0f} nats ahead",
        sigmas,
    )
