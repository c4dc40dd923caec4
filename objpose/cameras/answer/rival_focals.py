"""Placements under other focal lengths that explain the photos nearly as well: what they leave of belief."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from objpose.cameras.answer.options import AnswerOptions
from objpose.cameras.scene.placement import Grown
from objpose.cameras.scene.relative import relative_pose
from objpose.features.local.places import Pair
from objpose.geometry.rigid_matrices import direction_degrees, rotation_degrees


def belief_in_pair(grown: Grown, rivals: Sequence[Grown], pair: Pair, options: AnswerOptions) -> float:
    """Share of the belief, in [0, 1], of a placement against rivals in which its pair stands elsewhere."""
    ahead = np.array([grown.evidence - one.evidence for one in elsewhere(grown, rivals, pair, options)])
    return float(1.0 / (1.0 + np.exp(-np.clip(ahead / options.temperature, -50.0, 50.0)).sum()))


def elsewhere(grown: Grown, rivals: Sequence[Grown], pair: Pair, options: AnswerOptions) -> list[Grown]:
    """The rivals in which the pair stands so far from where it does that only one can be right."""
    here = relative_pose(grown.placement.cams_from_world, *pair)
    found = []
    for one in rivals:
        cams = one.placement.cams_from_world
        if cams.keys() >= set(pair):
            there = relative_pose(cams, *pair)
            turned = rotation_degrees(here[:3, :3].T @ there[:3, :3])
            off = max(turned, direction_degrees(here[:3, 3], there[:3, 3]))
            found += [one] if off > options.right_deg else []
    return found


def told_of_rivals(grown: Grown, rivals: Sequence[Grown], pair: Pair, options: AnswerOptions) -> str | None:
    """In words what speaks for a photo's standing elsewhere, None where hardly anything does."""
    found = elsewhere(grown, rivals, pair, options)
    if not found or belief_in_pair(grown, rivals, pair, options) > 1.0 - options.worth_telling:
        return None
    nats = f"{max(one.evidence for one in found):.0f} nats, not {grown.evidence:.0f}"
    return f"under another focal length it stands elsewhere, and all photos have {nats}"
