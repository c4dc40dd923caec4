"""Templates that reach beyond the mask: as large as its sides in view say, not as what is left of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from objpose.crops import covered_by
from objpose.frame import Frame
from objpose.poses.propose.hidden import hidden_templates, surroundings
from objpose.poses.propose.templates import placed_templates
from tests.poses.objects import ALL_AROUND, photograph, queried, templates_of
from tests.synthetic import looking, onboarded

OCCLUDER = torch.tensor([40, 90, 60], dtype=torch.uint8)


def behind(name: str, seed: int, share: float, side: str) -> tuple[Frame, Tensor, Tensor]:
    """A photograph, the object's mask, and the mask of what hides `share` of it from one side."""
    frame, mask = photograph(onboarded(name).mesh, looking(seed))
    axis = 1 if side in ("left", "right") else 0
    places = mask.nonzero()[:, axis].float()
    edge = int(places.quantile(share if side in ("left", "top") else 1 - share))
    index = torch.arange(mask.shape[axis])
    index = index[None] if axis == 1 else index[:, None]
    hiding = ((index < edge) if side in ("left", "top") else (index >= edge)).expand(mask.shape).clone()
    rgb = torch.where(hiding[..., None], OCCLUDER, frame.rgb)
    return Frame(rgb, frame.camera), mask & ~hiding, hiding


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_the_side_that_another_mask_cuts_off_is_found(side: str) -> None:
    frame, mask, hiding = behind("painted_blob", 1, 0.4, side)
    cut = surroundings(frame, mask, covered_by(mask, [hiding])).cut
    expected = torch.zeros(2, 2, dtype=torch.bool)
    expected[int(side in ("right", "bottom")), int(side in ("top", "bottom"))] = True
    assert bool(cut[expected].all())
    opposite = expected.flip(0)
    assert not bool(cut[opposite].any())


def test_the_images_border_cuts_off_too() -> None:
    frame, mask = photograph(onboarded("painted_blob").mesh, looking(1))
    edge = int(mask.nonzero()[:, 1].float().quantile(0.6))
    narrow = Frame(frame.rgb[:, :edge], frame.camera.crop(0, 0, edge, frame.rgb.shape[0]))
    assert surroundings(narrow, mask[:, :edge], None).cut.tolist() == [[False, False], [True, False]]


def test_a_whole_mask_needs_no_such_templates() -> None:
    templates = templates_of("painted_blob", ALL_AROUND)
    frame, mask = photograph(onboarded("painted_blob").mesh, looking(1))
    far = torch.zeros_like(mask)
    far[:5, :5] = True
    for covered in (None, covered_by(mask, [far])):
        assert len(hidden_templates(templates, frame, mask, covered, 10)) == 0


@pytest.mark.parametrize("side", ["left", "bottom"])
def test_half_hidden_objects_are_placed_at_their_distance(side: str) -> None:
    """The nearest template placed on what is left of the mask is far too far away."""
    templates = templates_of("painted_blob", ALL_AROUND)
    centre = templates.views.centre
    for seed in (1, 2, 5):
        truth = looking(seed)
        frame, mask, hiding = behind("painted_blob", seed, 0.5, side)
        found = hidden_templates(templates, frame, mask, covered_by(mask, [hiding]), 24)
        there = truth.apply(centre)
        off = (found.apply(centre) - there).norm(dim=-1) / there.norm()
        assert len(found) == 24
        query, _ = queried(frame, mask, templates)
        nearest = (templates.views.cam_from_obj.rotation.inverse() @ truth.rotation).angle().argmin()
        placed = query.cam_from_obj(placed_templates(templates, nearest[None], query))
        assert float(off.min()) < 0.08
        assert float(off.min()) < 0.5 * float((placed.apply(centre) - there).norm() / there.norm())
