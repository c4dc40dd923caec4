"""Outlines as evidence: what a mask says of the pixels that a rival covers."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from objpose.poses.rivals.outline import HIDDEN, SUREST, outline_evidence
from tests.poses.rivals.drawings import SIZE, crop_of, disc, drawn


def test_covering_the_mask_speaks_for_a_pose_and_reaching_beyond_it_against() -> None:
    found = outline_evidence(drawn(disc(28.0)), crop_of(disc()))[0]
    assert float(found[disc(17.0)].min()) > 1.0
    assert float(found[disc(28.0) & ~disc(23.0)].max()) < -0.5
    assert float(found.max()) <= SUREST and float(found.min()) >= math.log(HIDDEN)
    assert not bool(found[~disc(28.0)].any())


def test_the_farther_from_the_border_the_more_it_says() -> None:
    """At the border, where masks are off, next to nothing."""
    found = outline_evidence(drawn(disc(30.0)), crop_of(disc()))[0]
    across = found[31, 31:61]
    assert bool((across.diff() <= 0).all())
    border = across[20:22]
    assert float(border.abs().max()) < 0.4 and float(border[0]) > 0 > float(border[1])


def test_the_pose_that_covers_the_mask_and_no_more_is_the_best() -> None:
    shapes = [disc(), disc(14.0), disc(26.0), disc(20.0, 38.0)]
    found = outline_evidence(torch.cat([drawn(shape) for shape in shapes]), crop_of(disc()))
    total = found.sum((1, 2))
    assert bool((total[0] > total[1:]).all())


def test_what_the_frame_does_not_cover_says_nothing() -> None:
    crop = replace(crop_of(disc()), inside=torch.zeros(SIZE, SIZE, dtype=torch.bool))
    assert not bool(outline_evidence(drawn(disc(28.0)), crop).any())
