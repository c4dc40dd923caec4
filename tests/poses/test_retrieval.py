"""Retrieval: the templates that a query looks like come first, from everywhere and in any light."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from objpose.geometry import SE3
from objpose.objects.template_views import ViewOptions
from objpose.poses.propose.retrieval import retrieve, words_cosine
from objpose.poses.query import describe
from tests.poses.objects import (
    ALL_AROUND,
    FEATURES,
    FEW,
    degrees_between,
    photograph,
    queried,
    template_as_query,
    templates_of,
)
from tests.synthetic import looking, onboarded

LIGHTS = ((1.0, 1.0, 1.0), (0.7, 0.7, 0.7), (1.1, 0.95, 0.8), (0.85, 0.9, 1.05))


def cut(mask: Tensor, share: float, seed: int) -> Tensor:
    """The mask without the share of its pixels that lies farthest in some direction."""
    angle = torch.rand(1, generator=torch.Generator().manual_seed(seed)) * 2 * torch.pi
    place = mask.nonzero().float() @ torch.cat([angle.sin(), angle.cos()])
    kept = mask.clone()
    kept[mask] = place <= place.quantile(1 - share)
    return kept


def angles_in_order(
    name: str, seed: int, light: int = 0, hidden: float = 0.0, views: ViewOptions = ALL_AROUND
) -> Tensor:
    """(T,) degrees from the query's rotation to the templates', the best ranked template first."""
    model, templates, truth = onboarded(name), templates_of(name, views), looking(seed)
    frame, mask = photograph(model.mesh, truth, light=torch.tensor(LIGHTS[light]))
    query, patches = queried(frame, cut(mask, hidden, seed), templates)
    order = (
        retrieve(templates, words_cosine(templates, patches), query)
        .sort(descending=True, stable=True)
        .indices
    )
    # The template turned against its axis as the query against its own: what placement starts from.
    query_from_obj = SE3.from_rotation_translation(query.query_from_cam @ truth.rotation, torch.zeros(3))
    return degrees_between(templates.views.cam_from_obj[order], query_from_obj)


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_a_template_as_the_query_is_ranked_first(name: str) -> None:
    templates = templates_of(name)
    for template in range(0, len(templates), 57):
        query, patches, _ = template_as_query(name, template)
        assert int(retrieve(templates, words_cosine(templates, patches), query).argmax()) == template


@pytest.mark.parametrize("name", ["painted_blob", "printed_box"])
def test_the_first_five_hold_a_view_within_25_degrees(name: str) -> None:
    """Over random directions, places and lights: BOP's RGB methods start from nothing better."""
    best = torch.stack([angles_in_order(name, 100 + i, light=i % 4)[:5].min() for i in range(12)])
    assert float((best < 25).float().mean()) >= 0.9


def test_with_a_third_hidden_most_are_still_found() -> None:
    best = torch.stack([angles_in_order("painted_blob", 200 + i, hidden=0.33)[:5].min() for i in range(10)])
    assert float((best < 35).float().mean()) >= 0.75


def test_an_object_without_colour_is_ranked_by_its_outline() -> None:
    """A view near the truth is among the first tenth, as the mug shows its handle or its opening."""
    best = torch.stack([angles_in_order("mug", 300 + i, views=FEW)[:40].min() for i in range(8)])
    assert float((best < 35).float().mean()) >= 0.75


def test_words_alone_rank_better_than_chance() -> None:
    """FoundPose's own score: the nearest template's rank, averaged over queries, is far above the middle."""
    templates, model = templates_of("painted_blob", ALL_AROUND), onboarded("painted_blob")
    ranks = []
    for seed in range(400, 410):
        truth = looking(seed)
        query, patches = queried(*photograph(model.mesh, truth), templates)
        rotation = query.query_from_cam @ truth.rotation
        query_from_obj = SE3.from_rotation_translation(rotation, torch.zeros(3))
        nearest = degrees_between(templates.views.cam_from_obj, query_from_obj).argmin()
        cosine = words_cosine(templates, patches)
        assert bool((cosine > -1e-5).all() and (cosine < 1 + 1e-5).all())
        ranks.append(float((cosine > cosine[nearest]).float().mean()))
    assert sum(ranks) / len(ranks) < 0.15


def test_a_query_without_patches_is_ranked_by_what_is_left() -> None:
    """A mask too thin for any patch: no words, but still a silhouette, and no number that is not finite."""
    templates, model = templates_of("printed_box"), onboarded("printed_box")
    frame, mask = photograph(model.mesh, looking(3))
    thin = torch.zeros_like(mask)
    thin[int(mask.nonzero()[:, 0].median())] = mask[int(mask.nonzero()[:, 0].median())]
    query, patches = queried(frame, thin, templates)
    score = retrieve(templates, words_cosine(templates, patches), query)
    assert len(patches.descriptors) == 0
    assert bool((words_cosine(templates, patches) == 0).all()) and bool(score.isfinite().all())


def test_patches_of_the_query_lie_on_its_mask() -> None:
    templates, model = templates_of("printed_box"), onboarded("printed_box")
    query, patches = queried(*photograph(model.mesh, looking(3)), templates)
    column, row = patches.pixels.round().long().unbind(-1)
    assert bool(query.mask[row, column].all())
    cell = ((patches.pixels - patches.origin) / patches.stride).round().long()
    torch.testing.assert_close(patches.map[cell[:, 1], cell[:, 0]], patches.descriptors)


def test_what_surrounds_the_object_changes_nothing() -> None:
    """It is painted over, in queries as in templates."""
    templates, model = templates_of("printed_box"), onboarded("printed_box")
    query, patches = queried(*photograph(model.mesh, looking(3)), templates)
    noise = torch.rand(query.rgb.shape, generator=torch.Generator().manual_seed(0))
    other = replace(query, rgb=torch.where(query.mask[..., None], query.rgb, noise))
    torch.testing.assert_close(describe(other, FEATURES, templates).map, patches.map)
    torch.testing.assert_close(
        retrieve(templates, words_cosine(templates, patches), other),
        retrieve(templates, words_cosine(templates, patches), query),
    )
