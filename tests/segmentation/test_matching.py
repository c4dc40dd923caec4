"""Candidates against templates: an object is most like itself, and what hides it does not count."""

import numpy as np
import pytest
import torch

from objpose.frame import Frame
from objpose.segmentation.cells import SIZE, Cells
from objpose.segmentation.label_templates import TURNS, VIEWS, label_templates
from objpose.segmentation.matching import cut_windows, match
from objpose.segmentation.partition import partition
from tests.segmentation.tabletop import tabletop
from tests.synthetic import onboarded

PLACES = [("printed_box", (-0.12, 0.0, 0.025), 0.4), ("painted_blob", (0.1, 0.0, 0.055), 0.0)]
NAMES = [name for name, _, _ in PLACES]


@pytest.fixture(scope="module")
def scene():
    return tabletop(PLACES)


def members_of(parts, mask: torch.Tensor) -> np.ndarray:
    """(1, R) the regions that lie mostly in a mask."""
    share = parts.regions.sums(mask.numpy()[parts.regions.inside][:, None].astype(float))[:, 0] / parts.areas
    return (share > 0.5)[None]


@pytest.mark.parametrize("use_depth", [True, False])
def test_an_object_is_most_like_its_own_templates(scene, use_depth):
    frame = scene.frame if use_depth else Frame(scene.frame.rgb, scene.frame.camera)
    parts = partition(frame, 0.3, seed=0)
    scores = torch.zeros(2, 2)
    for row, mask in enumerate(scene.masks):
        for column, name in enumerate(NAMES):
            model = onboarded(name)
            known = label_templates(model)
            drawn = known.metric if use_depth else known.outlined
            seen, free = cut_windows(parts, members_of(parts, mask), model.diameter if use_depth else None)
            scores[row, column] = match(seen, free, drawn)[0]
    assert scores.diagonal().min() > 0.4
    assert (scores.diagonal() - 0.1 > scores.flip(1).diagonal()).all()  # of each candidate, the wrong one


def test_templates_hold_every_view_and_turn():
    known = label_templates(onboarded("printed_box"))
    assert known.metric.mask.shape == known.outlined.mask.shape == (VIEWS * TURNS, SIZE * SIZE)
    assert known.metric.depth.abs().max() < 1.0 and known.outlined.depth is None
    # The outline touches the sides of its window, up to the margin.
    filled = known.outlined.mask.reshape(-1, SIZE, SIZE)
    across = torch.maximum(filled.amax(1).sum(1), filled.amax(2).sum(1))
    assert across.min() >= SIZE / 1.1 - 2
    assert known.areas.shape == (VIEWS,) and 0.05 * 0.08 * 0.8 < known.areas.min() < 0.12 * 0.08 * 1.1


def test_templates_are_rendered_once():
    assert label_templates(onboarded("can")) is label_templates(onboarded("can"))
    assert label_templates(onboarded("can")).histograms is None


def pictures(count: int = 40) -> Cells:
    """Random blobs with depth and colour."""
    generator = torch.Generator().manual_seed(6)
    smooth = torch.nn.functional.avg_pool2d(
        torch.rand(count, 1, SIZE + 4, SIZE + 4, generator=generator), 5, 1
    )
    mask = (smooth > 0.5).flatten(1)
    depth = 0.2 * torch.randn(count, SIZE * SIZE, generator=generator)
    return Cells.masked(mask, depth, torch.rand(count, SIZE * SIZE, 3, generator=generator))


def test_a_picture_finds_itself_among_others():
    drawn = pictures()
    score, visible, index = match(drawn, torch.ones_like(drawn.mask), drawn)
    assert index.tolist() == list(range(len(drawn)))
    torch.testing.assert_close(score, torch.ones(len(drawn)), atol=1e-4, rtol=0)
    torch.testing.assert_close(visible, torch.ones(len(drawn)))


def test_a_common_depth_and_a_stronger_light_change_nothing():
    drawn = pictures()
    brighter = drawn.color + torch.tensor([0.0, 0.0, 0.4])
    seen = Cells.masked(drawn.mask > 0, drawn.depth + 0.07, brighter)
    score, _, index = match(seen, torch.ones_like(drawn.mask), drawn)
    assert index.tolist() == list(range(len(drawn))) and score.min() > 0.99


def test_a_hidden_half_is_forgiven_and_a_missing_one_is_not():
    drawn = pictures()
    left = (torch.arange(SIZE * SIZE) % SIZE) < SIZE // 2
    seen = Cells.masked((drawn.mask > 0) & left, drawn.depth, drawn.color)
    hidden, visible, _ = match(seen, left.float().expand_as(drawn.mask), drawn)
    missing, _, _ = match(seen, torch.ones_like(drawn.mask), drawn)
    assert hidden.min() > 0.99 and missing.max() < 0.8
    assert visible.max() < 0.8
