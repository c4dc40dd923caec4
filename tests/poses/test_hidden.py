"""Templates that reach beyond the mask: as large as its sides in view say, not as what is left of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.crops import covered_by
from objpose.frame import Frame
from objpose.poses.propose.hidden import hidden_templates, surroundings
from objpose.poses.propose.templates import placed_templates
from tests.poses.objects import ALL_AROUND, behind, photograph, queried, templates_of
from tests.synthetic import looking, onboarded


def cut_sides(frame: Frame, mask: Tensor, covered: Tensor | None) -> Tensor:
    around = surroundings(frame, mask, covered)
    assert around is not None
    return around.cut


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_the_side_that_another_mask_cuts_off_is_found(side: str) -> None:
    frame, mask, hiding = behind("painted_blob", 1, 0.4, side)
    cut = cut_sides(frame, mask, covered_by(mask, [hiding]))
    expected = torch.zeros(2, 2, dtype=torch.bool)
    expected[int(side in ("right", "bottom")), int(side in ("top", "bottom"))] = True
    assert bool(cut[expected].all())
    opposite = expected.flip(0)
    assert not bool(cut[opposite].any())


def test_the_images_border_cuts_off_too() -> None:
    frame, mask = photograph(onboarded("painted_blob").mesh, looking(1))
    edge = int(mask.nonzero()[:, 1].float().quantile(0.6))
    narrow = Frame(frame.rgb[:, :edge], frame.camera.crop(0, 0, edge, frame.rgb.shape[0]))
    assert cut_sides(narrow, mask[:, :edge], None).tolist() == [[False, False], [True, False]]


def test_a_whole_mask_needs_no_such_templates() -> None:
    templates = templates_of("painted_blob", ALL_AROUND)
    frame, mask = photograph(onboarded("painted_blob").mesh, looking(1))
    far = torch.zeros_like(mask)
    far[:5, :5] = True
    for covered in (None, covered_by(mask, [far])):
        assert len(hidden_templates(templates, templates, frame, mask, covered, 10)) == 0


def test_a_mask_too_thin_to_be_seen_gives_none() -> None:
    templates = templates_of("painted_blob", ALL_AROUND)
    frame, mask = photograph(onboarded("painted_blob").mesh, looking(1))
    strip = torch.zeros_like(mask)
    strip[int(mask.nonzero()[:, 0].float().median())] = mask.any(0)
    assert len(hidden_templates(templates, templates, frame, strip, ~strip, 10)) == 0


@pytest.mark.parametrize("side", ["left", "bottom"])
def test_half_hidden_objects_are_placed_at_their_distance(side: str) -> None:
    """The nearest template placed on what is left of the mask is far too far away."""
    templates = templates_of("painted_blob", ALL_AROUND)
    centre = templates.views.centre
    for seed in (1, 2, 5):
        truth = looking(seed)
        frame, mask, hiding = behind("painted_blob", seed, 0.5, side)
        found = hidden_templates(templates, templates, frame, mask, covered_by(mask, [hiding]), 24)
        there = truth.apply(centre)
        off = (found.apply(centre) - there).norm(dim=-1) / there.norm()
        assert len(found) == 24
        query, _ = queried(frame, mask, templates)
        nearest = (templates.views.cam_from_obj.rotation.inverse() @ truth.rotation).angle().argmin()
        placed = query.cam_from_obj(placed_templates(templates, nearest[None], query))
        assert float(off.min()) < 0.08
        assert float(off.min()) < 0.5 * float((placed.apply(centre) - there).norm() / there.norm())
