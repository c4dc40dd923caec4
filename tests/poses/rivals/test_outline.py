"""Outlines as evidence: what a mask says of the pixels that a rival covers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from objpose.poses.rivals.outline import HIDDEN, HIDDEN_WITH_DEPTH, SUREST, outline_evidence
from tests.poses.rivals.drawings import SIZE, crop_of, disc, drawn

BEHIND = 0.01
WITHOUT_DEPTH_AND_WITH = pytest.mark.parametrize(
    ("behind", "hidden"), [(None, HIDDEN), (BEHIND, HIDDEN_WITH_DEPTH)]
)


@WITHOUT_DEPTH_AND_WITH
def test_covering_the_mask_speaks_for_a_pose_and_reaching_beyond_it_against(
    behind: float | None, hidden: float
) -> None:
    found = outline_evidence(drawn(disc(28.0)), crop_of(disc()), behind)[0]
    assert float(found[disc(17.0)].min()) > 1.0
    assert float(found[disc(28.0) & ~disc(23.0)].max()) < -0.5
    assert float(found.max()) <= SUREST and float(found.min()) >= math.log(hidden)
    assert not bool(found[~disc(28.0)].any())


@WITHOUT_DEPTH_AND_WITH
def test_the_farther_from_the_border_the_more_it_says(behind: float | None, hidden: float) -> None:
    """At the border, where masks are off, next to nothing."""
    found = outline_evidence(drawn(disc(30.0)), crop_of(disc()), behind)[0]
    across = found[31, 31:61]
    assert bool((across.diff() <= 0).all())
    border = across[20:22]
    assert float(border.abs().max()) < 0.4 and float(border[0]) > 0 > float(border[1])


@WITHOUT_DEPTH_AND_WITH
def test_the_pose_that_covers_the_mask_and_no_more_is_the_best(behind: float | None, hidden: float) -> None:
    shapes = [disc(), disc(14.0), disc(26.0), disc(20.0, 38.0)]
    found = outline_evidence(torch.cat([drawn(shape) for shape in shapes]), crop_of(disc()), behind)
    total = found.sum((1, 2))
    assert bool((total[0] > total[1:]).all())


def test_what_measured_depth_hides_tells_nothing() -> None:
    """Outside the mask; in it, the object itself was seen."""
    crop = replace(crop_of(disc()), depth=torch.full((SIZE, SIZE), 0.3))
    found = outline_evidence(drawn(disc(28.0)), crop, BEHIND)[0]
    assert not bool(found[~disc()].any()) and float(found[disc(17.0)].min()) > 1.0
    beyond = outline_evidence(drawn(disc(28.0)), replace(crop, depth=drawn(disc(40.0))[0]), BEHIND)[0]
    assert float(beyond[disc(28.0) & ~disc(23.0)].max()) < -0.5


def test_depth_that_shows_nothing_in_front_makes_it_surer() -> None:
    wide, crop, beyond = drawn(disc(28.0)), crop_of(disc()), disc(28.0) & ~disc(23.0)
    without, with_depth = (outline_evidence(wide, crop, behind)[0][beyond] for behind in (None, BEHIND))
    assert bool((with_depth < without).all())


def test_what_the_frame_does_not_cover_says_nothing() -> None:
    crop = replace(crop_of(disc()), inside=torch.zeros(SIZE, SIZE, dtype=torch.bool))
    for behind in (None, BEHIND):
        assert not bool(outline_evidence(drawn(disc(28.0)), crop, behind).any())
