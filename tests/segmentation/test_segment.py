"""Proposals and labelled detections on tables with known masks."""

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.frame import Frame
from objpose.geometry import Camera
from objpose.segmentation import ProposalOptions, SegmentationOptions, propose, segment
from objpose.segmentation.labels import rarity
from objpose.segmentation.partition import partition
from objpose.segmentation.proposals import candidates, overlaps
from tests.segmentation.tabletop import CAMERA, HEIGHT, WIDTH, best_overlap, overlap, tabletop
from tests.synthetic import onboarded

APART = [("printed_box", (-0.12, 0.0, 0.025), 0.4), ("painted_blob", (0.1, 0.0, 0.055), 0.0)]
# The box leans on nothing but touches the blob in the image and in space.
TOUCHING = [("printed_box", (-0.06, 0.0, 0.025), 0.2), ("painted_blob", (0.05, 0.0, 0.055), 0.0)]


@pytest.fixture(scope="module")
def apart():
    return tabletop(APART)


@pytest.fixture(scope="module")
def touching():
    return tabletop(TOUCHING)


def without_depth(frame: Frame) -> Frame:
    return Frame(frame.rgb, frame.camera)


@pytest.mark.parametrize("name", ["apart", "touching"])
def test_each_object_is_among_the_proposals(name, request):
    scene = request.getfixturevalue(name)
    found = propose(scene.frame)
    assert [best_overlap(found, mask) > 0.9 for mask in scene.masks] == [True, True]


def test_proposals_are_ranked_and_bounded(apart):
    found = propose(apart.frame, ProposalOptions(limit=20))
    scores = [proposal.score for proposal in found]
    assert 2 <= len(found) <= 20 and scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert all(p.mask.shape == apart.frame.size and p.mask.dtype == torch.bool for p in found)


def test_no_two_candidates_are_much_the_same(touching):
    parts = partition(touching.frame, 0.3, seed=0)
    found = candidates(parts, 0.5, ProposalOptions(overlap=0.8))
    shared = overlaps(found.members, found.members, parts.areas)
    np.fill_diagonal(shared, 0.0)
    assert len(found) > 10 and shared.max() <= 0.8


def test_colour_alone_gives_proposals_too(apart):
    found = propose(without_depth(apart.frame))
    assert [best_overlap(found, mask) > 0.8 for mask in apart.masks] == [True, True]


@pytest.mark.parametrize("name", ["apart", "touching"])
def test_detections_name_the_right_objects(name, request):
    scene = request.getfixturevalue(name)
    found = segment(scene.frame, [onboarded(object_name) for object_name, _, _ in APART])
    for (object_name, _, _), mask in zip(APART, scene.masks, strict=True):
        first = next(d for d in found if d.object == object_name)
        assert overlap(first.mask, mask) > 0.9


def test_detections_without_depth_name_the_right_objects(apart):
    found = segment(without_depth(apart.frame), [onboarded(name) for name, _, _ in APART])
    for (name, _, _), mask in zip(APART, apart.masks, strict=True):
        assert best_overlap([d for d in found if d.object == name], mask) > 0.8


def test_small_candidates_count_less_where_no_depth_tells_their_size(apart):
    plain = partition(without_depth(apart.frame), 0.3, seed=0)
    found = candidates(plain, 0.5)
    by_area = rarity(plain, found)[np.argsort(found.areas)]
    assert (np.diff(by_area) >= 0).all() and 0 < by_area[0] < by_area[-1] <= 1
    deep = partition(apart.frame, 0.3, seed=0)
    assert (rarity(deep, candidates(deep, 0.5)) == 1).all()


def test_detections_are_ranked_and_few(apart):
    options = SegmentationOptions(per_object=2)
    found = segment(apart.frame, [onboarded("printed_box"), onboarded("can")], options)
    scores = [detection.score for detection in found]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    for name in ("printed_box", "can"):
        assert sum(detection.object == name for detection in found) <= 2


def test_an_object_that_is_not_there_scores_less(apart):
    with_box = segment(apart.frame, [onboarded("printed_box")])[0].score
    only_blob = tabletop(APART[1:])
    assert segment(only_blob.frame, [onboarded("printed_box")])[0].score < 0.7 * with_box


def test_the_same_seed_gives_the_same_detections(touching):
    models = [onboarded(name) for name, _, _ in TOUCHING]
    one, other = segment(touching.frame, models), segment(touching.frame, models)
    assert [(d.object, d.score) for d in one] == [(d.object, d.score) for d in other]
    assert all(torch.equal(a.mask, b.mask) for a, b in zip(one, other, strict=True))


def test_threads_do_not_change_the_detections(touching):
    models, before = [onboarded(name) for name, _, _ in TOUCHING], torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append([(d.object, int(d.mask.sum())) for d in segment(touching.frame, models)])
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


def test_large_frames_are_worked_on_smaller_and_masks_come_back_in_full(apart):
    times = 4
    rgb = apart.frame.rgb.repeat_interleave(times, 0).repeat_interleave(times, 1)
    depth = apart.frame.depth.repeat_interleave(times, 0).repeat_interleave(times, 1)
    large = Frame(rgb, CAMERA.resize(times * WIDTH, times * HEIGHT), depth)
    found = segment(large, [onboarded(name) for name, _, _ in APART])
    for (name, _, _), mask in zip(APART, apart.masks, strict=True):
        first = next(d for d in found if d.object == name)
        assert first.mask.shape == large.size
        assert overlap(first.mask[::times, ::times], mask) > 0.85


def test_holes_in_the_depth_do_not_break_masks(apart):
    holes = torch.from_numpy(np.random.default_rng(7).random(apart.frame.size) < 0.2)
    frame = Frame(apart.frame.rgb, CAMERA, torch.where(holes, 0.0, apart.frame.depth))
    found = propose(frame)
    assert [best_overlap(found, mask) > 0.85 for mask in apart.masks] == [True, True]


def test_a_bare_table_has_nothing_on_it():
    empty = tabletop([])
    assert propose(empty.frame) == []
    assert segment(empty.frame, [onboarded("printed_box")]) == []


def test_a_plain_picture_has_no_detections():
    camera = Camera.from_K([300.0, 0, 160, 0, 300, 120, 0, 0, 1], WIDTH, HEIGHT)
    plain = Frame(torch.full((HEIGHT, WIDTH, 3), 90, dtype=torch.uint8), camera)
    assert segment(plain, [onboarded("printed_box")]) == []


def test_no_objects_are_an_error(apart):
    with pytest.raises(InputError, match="objects: found none"):
        segment(apart.frame, [])
