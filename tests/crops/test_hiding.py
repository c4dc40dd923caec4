"""What may hide an object: the masks of others, but not its own under another name."""

from __future__ import annotations

import torch
from torch import Tensor

from objpose.crops import covered_by

HEIGHT, WIDTH = 60, 80


def box(left: int, top: int, right: int, bottom: int) -> Tensor:
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[top:bottom, left:right] = True
    return mask


MASK = box(20, 10, 50, 40)  # 30 pixels a side: a gap of 1.8 pixels is closed


def test_alone_nothing_is_covered() -> None:
    assert covered_by(MASK, []) is None
    assert covered_by(MASK, [torch.zeros_like(MASK)]) is None


def test_a_neighbour_covers_its_own_pixels_and_the_gap_between() -> None:
    covered = covered_by(MASK, [box(51, 10, 70, 40)])
    assert covered is not None
    assert bool(covered[25, 50:71].all()) and not bool((covered & MASK).any())
    assert not bool(covered[25, :50].any()) and not bool(covered[25, 73:].any())


def test_what_two_masks_claim_is_the_objects_own() -> None:
    covered = covered_by(MASK, [box(45, 10, 70, 40)])
    assert covered is not None and not bool((covered & MASK).any())


def test_the_same_thing_under_another_name_hides_nothing() -> None:
    """A segmenter gives one thing twice, whole or in part, or with something beside it."""
    for twin in (MASK, box(20, 10, 48, 41), box(22, 12, 30, 20), box(10, 5, 70, 50)):
        assert covered_by(MASK, [twin]) is None
    neighbour = box(55, 10, 70, 40)
    both, alone = covered_by(MASK, [neighbour, MASK]), covered_by(MASK, [neighbour])
    assert both is not None and alone is not None and torch.equal(both, alone)


def test_neighbours_add_up_and_may_touch_the_images_border() -> None:
    left, right = box(0, 0, 15, 60), box(60, 0, 80, 60)
    covered = covered_by(MASK, [left, right])
    assert covered is not None
    assert bool(covered[:, :15].all()) and bool(covered[:, 60:].all())
