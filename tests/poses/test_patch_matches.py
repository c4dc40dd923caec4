"""Patches matched there and back, and the pose by PnP."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from objpose.objects import TemplateSet
from objpose.poses.propose.patches import (
    LEAST_MATCHES,
    PatchMatchOptions,
    cyclic_matches,
    pose_from_matches,
)
from objpose.poses.query import QueryPatches
from tests.poses.objects import degrees_between, photograph, queried, template_as_query, templates_of
from tests.synthetic import looking, onboarded, surface_error

TEMPLATE = 57


def own_patches(templates: TemplateSet, template: int) -> QueryPatches:
    """A template's stored patches as those of a query."""
    some = templates.patches(template)
    empty = torch.zeros(12, 12, templates.descriptors.shape[1])
    return QueryPatches(empty, 8, 3.5, templates.pixels[some], templates.descriptors[some])


def shortened(patches: QueryPatches, count: int) -> QueryPatches:
    return replace(patches, pixels=patches.pixels[:count], descriptors=patches.descriptors[:count])


def with_patches(templates: TemplateSet, count: int) -> TemplateSet:
    """A set of one template with that many patches."""
    return replace(
        templates,
        first_patch=torch.tensor([0, count]),
        points=templates.points[:count],
        pixels=templates.pixels[:count],
        descriptors=templates.descriptors[:count],
    )


@pytest.mark.parametrize("template", [0, TEMPLATE, 399])
def test_a_templates_own_patches_match_themselves(template: int) -> None:
    templates = templates_of("painted_blob")
    patches = own_patches(templates, template)
    seen, known = cyclic_matches(templates, template, patches, 300)
    some = templates.patches(template)
    assert sorted(seen.tolist()) == list(range(some.stop - some.start))
    assert torch.equal(known, seen + some.start)


def test_the_limit_keeps_those_that_come_back_closest() -> None:
    templates = templates_of("painted_blob")
    frame, mask = photograph(onboarded("painted_blob").mesh, looking(0))
    _, patches = queried(frame, mask, templates)
    some = templates.patches(TEMPLATE)
    everything, _ = cyclic_matches(templates, TEMPLATE, patches, 10_000)
    assert sorted(everything.tolist()) == list(range(len(patches.descriptors)))
    distance = torch.cdist(patches.descriptors, templates.descriptors[some])
    back = distance.argmin(0)[distance.argmin(1)]
    gap = (patches.pixels - patches.pixels[back]).norm(dim=-1)[everything]
    assert bool((gap.diff() >= -patches.stride / 2).all()) and float(gap.max()) > patches.stride
    few, known = cyclic_matches(templates, TEMPLATE, patches, 9)
    assert torch.equal(few, everything[:9]) and len(known) == 9


@pytest.mark.parametrize(("queries", "kept"), [(0, 20), (20, 0), (0, 0)])
def test_no_patches_give_no_matches(queries: int, kept: int) -> None:
    templates = templates_of("painted_blob")
    patches = shortened(own_patches(templates, 0), queries)
    seen, known = cyclic_matches(with_patches(templates, kept), 0, patches, 300)
    assert len(seen) == len(known) == 0


def test_an_object_of_one_patch_is_matched_by_all() -> None:
    templates = templates_of("painted_blob")
    patches = shortened(own_patches(templates, 0), 10)
    seen, known = cyclic_matches(with_patches(templates, 1), 0, patches, 300)
    assert sorted(seen.tolist()) == list(range(10)) and bool((known == 0).all())
    assert int(seen[0]) == 0, "the patch that comes back to itself is the best"


@pytest.mark.parametrize("template", [11, TEMPLATE, 300])
def test_the_templates_own_patches_give_its_pose(template: int) -> None:
    templates = templates_of("painted_blob")
    query, patches, truth = template_as_query("painted_blob", template)
    found, inliers = pose_from_matches(templates, template, patches, query, 0, PatchMatchOptions())
    assert float(degrees_between(found[0], truth)) < 0.2
    assert surface_error(onboarded("painted_blob"), found[0], truth) < 0.01
    assert inliers > 0.95 * len(patches.descriptors)


def test_a_third_of_wrong_matches_are_outvoted() -> None:
    templates = templates_of("painted_blob")
    query, patches, truth = template_as_query("painted_blob", TEMPLATE)
    wrong = len(patches.descriptors) // 3
    mixed = patches.descriptors.clone()
    mixed[:wrong] = mixed[:wrong].roll(wrong // 2, 0)
    found, inliers = pose_from_matches(
        templates, TEMPLATE, replace(patches, descriptors=mixed), query, 0, PatchMatchOptions()
    )
    assert surface_error(onboarded("painted_blob"), found[0], truth) < 0.08
    assert inliers < len(mixed) - wrong // 2


def test_fewer_matches_than_needed_give_no_pose() -> None:
    templates = templates_of("painted_blob")
    query, patches, _ = template_as_query("painted_blob", TEMPLATE)
    for count in (0, 1, LEAST_MATCHES - 1):
        few = shortened(patches, count)
        found, inliers = pose_from_matches(templates, TEMPLATE, few, query, 0, PatchMatchOptions())
        assert len(found) == 0 and inliers == 0


def test_the_seed_decides() -> None:
    templates = templates_of("painted_blob")
    query, patches = queried(*photograph(onboarded("painted_blob").mesh, looking(0)), templates)
    one, again = (
        pose_from_matches(templates, TEMPLATE, patches, query, 5, PatchMatchOptions()) for _ in range(2)
    )
    assert torch.equal(one[0].wxyz_xyz, again[0].wxyz_xyz) and one[1] == again[1]
