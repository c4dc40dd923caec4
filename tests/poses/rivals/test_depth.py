"""Depth as evidence: what agrees costs nothing, and every kind of disagreement its own price."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.poses.rivals.depth import (
    IN_FRONT,
    IN_FRONT_OWNED,
    LEAST_SIGMA,
    MOST_SIGMA,
    SEEN_THROUGH,
    UNEXPLAINED,
    depth_evidence,
    depth_sigma,
    differing,
)
from tests.poses.rivals.drawings import DIAMETER, SIZE, WALL, crop_of, disc, drawn

SIGMA = 0.002


def evidence(depth: torch.Tensor, crop: object) -> torch.Tensor:
    return depth_evidence(depth, crop, DIAMETER, SIGMA)[0]


def test_what_is_drawn_exactly_costs_nothing() -> None:
    assert float(evidence(drawn(disc()), crop_of(disc())).abs().max()) == 0.0


def test_noise_costs_little_and_a_shift_beyond_it_its_price() -> None:
    crop, inner = crop_of(disc()), disc(17.0)
    costs = [-evidence(drawn(disc()) + shift * SIGMA * (drawn(disc()) > 0), crop)[inner] for shift in (1, 8)]
    assert float(costs[0].max()) <= 0.5 + 1e-3
    assert torch.all(costs[1] == IN_FRONT_OWNED)  # measured before what is drawn
    nearer = -evidence(drawn(disc()) - 8 * SIGMA * (drawn(disc()) > 0), crop)[inner]
    assert torch.all(nearer == SEEN_THROUGH)


def test_costs_never_fall_as_a_pose_moves_away() -> None:
    crop, solid = crop_of(disc()), drawn(disc()) > 0
    for sign in (-1, 1):
        totals = [
            float(evidence(drawn(disc()) + sign * step * SIGMA * solid, crop).sum()) for step in range(8)
        ]
        assert totals == sorted(totals, reverse=True)


def test_outside_the_mask_to_be_seen_through_costs_more_than_to_be_hidden() -> None:
    wide, beyond = drawn(disc(26.0)), disc(24.0) & ~disc(21.0)
    crop = crop_of(disc())
    seen_through = -evidence(wide, crop)[beyond]
    hiding = replace(crop, depth=torch.where(disc(), crop.depth, 0.3))
    hidden = -evidence(wide, hiding)[beyond]
    assert torch.all(seen_through == SEEN_THROUGH) and torch.all(hidden == torch.tensor(IN_FRONT))
    assert SEEN_THROUGH > IN_FRONT


def test_in_the_mask_something_before_the_surface_costs_more_than_outside() -> None:
    crop = replace(crop_of(disc()), depth=torch.full((SIZE, SIZE), 0.3))
    cost = -evidence(drawn(disc(26.0)), crop)
    assert float(cost[disc(18.0)].min()) > float(cost[~disc(21.0)].max())


def test_missing_depth_says_nothing() -> None:
    crop, wrong = crop_of(disc()), drawn(disc(24.0, 36.0), 0.52)
    measured = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(0)) < 0.6
    whole, holey = evidence(wrong, crop), evidence(wrong, replace(crop, depth=crop.depth * measured))
    torch.testing.assert_close(holey, whole * measured)


def test_what_the_frame_does_not_cover_says_nothing() -> None:
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    crop = replace(crop_of(disc()), inside=inside)
    assert float(evidence(drawn(disc(24.0), 0.3), crop).abs().max()) == 0.0


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("step", [-1, 1])
def test_a_pixel_of_misregistration_costs_nothing_at_a_border_and_three_do(axis: int, step: int) -> None:
    crop, flat = crop_of(disc()), torch.where(disc(), 0.5, 0.0)[None]
    crop = replace(crop, depth=torch.where(disc(), 0.5, WALL))
    near, far = (replace(crop, depth=crop.depth.roll(pixels * step, axis)) for pixels in (1, 3))
    assert float(evidence(flat, near).sum()) == 0.0
    assert float(evidence(flat, far).sum()) < -10 * SEEN_THROUGH


def test_a_surface_of_the_mask_where_nothing_is_drawn_asks_to_be_explained() -> None:
    """But not the wall behind, which a careless mask takes in."""
    crop, part = crop_of(disc()), drawn(disc(10.0))
    bare = disc() & ~disc(12.0)
    assert torch.all(evidence(part, crop)[bare] == -UNEXPLAINED)
    careless = replace(crop, mask=disc(26.0))
    assert torch.all(evidence(drawn(disc()), careless)[~disc(22.0)] == 0.0)


@pytest.mark.parametrize("noise", [0.0, 0.0015, 0.004, 0.1])
def test_the_frame_tells_its_noise_whatever_its_outliers(noise: float) -> None:
    generator = torch.Generator().manual_seed(1)
    crop = crop_of(disc())
    outlier = torch.rand(SIZE, SIZE, generator=generator) < 0.1
    seen = crop.depth + noise * torch.randn(SIZE, SIZE, generator=generator) + 0.05 * outlier
    found = depth_sigma(drawn(disc()), replace(crop, depth=seen), DIAMETER)
    least, most = LEAST_SIGMA * DIAMETER, max(MOST_SIGMA * DIAMETER, noise)  # of depth as rough as that
    assert found == pytest.approx(min(max(1.15 * noise, least), most), rel=0.2)


def test_what_a_wrong_pose_leaves_of_smooth_depth_is_no_noise() -> None:
    nearer = drawn(disc()) - 0.05 * disc()
    assert depth_sigma(nearer, crop_of(disc()), DIAMETER) == pytest.approx(MOST_SIGMA * DIAMETER)


def test_without_depth_on_the_mask_noise_is_the_worst() -> None:
    crop = replace(crop_of(disc()), depth=torch.zeros(SIZE, SIZE))
    assert depth_sigma(drawn(disc()), crop, DIAMETER) == pytest.approx(MOST_SIGMA * DIAMETER)


def test_the_best_of_the_drawings_tells_the_noise_unless_it_leaves_the_mask_bare() -> None:
    crop, shift = crop_of(disc()), 0.004 * disc()
    off, corner = drawn(disc()) + shift, drawn(disc() & disc(6.0, 20.0))
    exact = depth_sigma(drawn(disc()), crop, DIAMETER)
    assert depth_sigma(torch.cat([off, drawn(disc())]), crop, DIAMETER) == exact
    assert depth_sigma(torch.cat([off, corner]), crop, DIAMETER) == depth_sigma(off, crop, DIAMETER) > exact


def test_drawings_differ_where_one_is_empty_or_by_more_than_noise() -> None:
    near, far = drawn(disc()), drawn(disc()) + 5 * SIGMA * disc()
    assert torch.equal(differing(near, far, SIGMA), disc()[None])
    assert not bool(differing(near, near + 0.5 * SIGMA * disc(), SIGMA).any())
    small = drawn(disc(10.0))
    assert torch.equal(differing(near, small, SIGMA), (disc() & ~disc(10.0))[None])
    assert torch.equal(differing(small, near, SIGMA), differing(near, small, SIGMA))
