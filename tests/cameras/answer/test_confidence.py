"""Laws of the chances: more evidence lowers none, noise raises none, a chain is as its weakest link."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras.answer.confidence import (
    Link,
    chain_of_trust,
    link_confidence,
    trust_of,
    within_degrees,
)
from objpose.cameras.answer.options import AnswerOptions, LinkCalibration
from objpose.cameras.placing.resection import Candidate
from objpose.cameras.placing.review import PhotoReview
from objpose.cameras.scene.placement import NOTHING as NOTHING_SAID
from objpose.cameras.scene.placement import Grown, Placement, Prediction
from objpose.cameras.scene.tracks import Tracks

STRETCH = AnswerOptions().stretch
FIT = LinkCalibration()
RISING = [0.0, 0.5, 3.0, 20.0, 60.0, 100.0, 400.0, 1e4]
NOTHING = np.zeros(0, dtype=np.int64)


class Still:
    """Cameras that stand as firmly, in degrees, as is said."""

    def __init__(self, degrees: float = 0.0):
        self.degrees = degrees

    def __call__(self, photos: Collection[int]) -> Still:
        return self

    def pair_degrees(self, a: int, b: int, stretch: float) -> float:
        return stretch * self.degrees


def silent(photo: int, witnesses: object) -> Prediction:
    """No point of other photos is where this one could show it."""
    return NOTHING_SAID


def link(nats: float, margin: float, shortfall: float = 0.0) -> Link:
    return Link(1, 0, nats, margin, shortfall)


def five_photos(seed: int, times: float = 1.0) -> tuple[Grown, dict[int, PhotoReview]]:
    """Evidence of all pairs and rivals of all photos at random, so many times as strong."""
    rng = np.random.default_rng(seed)
    nats = {pair: times * rng.uniform(5.0, 200.0) for pair in itertools.combinations(range(5), 2)}
    placement = Placement(
        {photo: np.eye(4) for photo in range(5)}, Tracks(NOTHING, NOTHING, NOTHING, 0), np.zeros((0, 3)), {}
    )
    reviews = {}
    for photo in range(5):
        evidence = sum(value for pair, value in nats.items() if photo in pair)
        rival = Candidate(np.eye(4), rng.uniform(0.0, 1.0) * evidence)
        reviews[photo] = PhotoReview(evidence, rival)
    return Grown(placement, sum(nats.values()), nats, {}), reviews


def chances(seed: int, times: float = 1.0, degrees: float = 0.0, trust: float = 1.0) -> dict:
    return trust_of(*five_photos(seed, times), Still(degrees), silent, trust, AnswerOptions()).pairs


@pytest.mark.parametrize("other", RISING)
def test_more_of_anything_never_lowers_the_chance_of_a_link(other: float) -> None:
    for values in (
        [link_confidence(link(nats, other), 1.0, FIT) for nats in RISING],
        [link_confidence(link(other, margin), 1.0, FIT) for margin in RISING],
        [link_confidence(link(other, 50.0), trust, FIT) for trust in (0.0, 0.25, 0.5, 1.0)],
        [link_confidence(link(other, 50.0, missing), 1.0, FIT) for missing in reversed(RISING)],
    ):
        assert values == sorted(values)
        assert values[0] >= 0.0 and values[-1] <= 1.0


def test_the_chance_of_a_link_is_that_of_its_fit() -> None:
    assert link_confidence(link(100.0, 50.0), 1.0, FIT) == pytest.approx(1 / (1 + np.exp(-FIT.offset)))
    assert link_confidence(link(200.0, 50.0), 0.5, FIT) == link_confidence(link(100.0, 50.0), 1.0, FIT)
    assert link_confidence(link(100.0, 50.0), 1.0, replace(FIT, offset=0.0)) == pytest.approx(0.5)


def test_no_link_is_surer_than_it_is_ahead_of_the_next_best_place() -> None:
    for margin in RISING[:-1]:
        share = 1.0 / (1.0 + np.exp(-margin / FIT.rivalry))
        found = replace(link(1e9, 1e9), ahead=margin)
        assert link_confidence(found, 1.0, FIT) == pytest.approx(share, rel=1e-3)


@pytest.mark.parametrize("sigma", [2.0, 5.0, 10.0])
def test_the_noise_of_a_pair_is_rayleighs(sigma: float) -> None:
    off = np.linalg.norm(np.random.default_rng(0).normal(scale=sigma, size=(40_000, 2)), axis=1)
    assert within_degrees(sigma, 10.0) == pytest.approx((off < 10.0).mean(), abs=0.008)
    assert within_degrees(sigma, 8.0) < within_degrees(sigma, 10.0) < within_degrees(0.9 * sigma, 10.0)
    assert within_degrees(0.0, 10.0) == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_the_chain_hangs_every_photo_on_an_earlier_one(seed: int) -> None:
    grown, reviews = five_photos(seed)
    first, *links = chain_of_trust(grown, reviews, silent, 15.0)
    known = {first.photo}
    for link in links:
        assert link.parent in known and link.photo not in known
        pairs = [grown.pair_evidence[min(link.photo, one), max(link.photo, one)] for one in known]
        assert link.nats == pytest.approx(sum(max(nats - 15.0, 0.0) for nats in pairs))
        assert link.margin == pytest.approx(reviews[link.photo].margin)
        known.add(link.photo)
    assert known == set(range(5)) and first.parent is None


@pytest.mark.parametrize("seed", range(4))
def test_two_photos_are_as_sure_as_the_weakest_link_between_them(seed: int) -> None:
    """So that of any three pairs among three photos no one is the worst alone."""
    found = chances(seed)
    for a, b, c in itertools.combinations(range(5), 3):
        low, middle, _ = sorted([found[a, b], found[b, c], found[a, c]])
        assert low == middle


@pytest.mark.parametrize("seed", range(4))
def test_more_evidence_lowers_no_confidence_and_noise_raises_none(seed: int) -> None:
    usual = chances(seed)
    for pair, chance in usual.items():
        assert chances(seed, times=1.5)[pair] >= chance
        assert chances(seed, trust=0.5)[pair] <= chance
        assert chances(seed, degrees=4.0)[pair] < chance


def test_the_names_of_photos_do_not_matter() -> None:
    grown, reviews = five_photos(0)
    new = [3, 0, 4, 1, 2]
    nats = {
        (min(new[a], new[b]), max(new[a], new[b])): value for (a, b), value in grown.pair_evidence.items()
    }
    renamed = replace(grown, pair_evidence=nats), {new[photo]: found for photo, found in reviews.items()}
    found = trust_of(*renamed, Still(), silent, 1.0, AnswerOptions()).pairs
    for (a, b), chance in chances(0).items():
        assert found[min(new[a], new[b]), max(new[a], new[b])] == pytest.approx(chance)


def test_photos_that_are_sure_stand_as_firmly_as_they_say_alone() -> None:
    """What an unsure one says of how firmly the others stand counts nothing: it may stand wrong itself."""
    grown, reviews = five_photos(0)
    nats = {pair: 1.0 if 4 in pair else 400.0 for pair in grown.pair_evidence}
    weak = replace(grown, pair_evidence=nats)
    asked: list[frozenset[int]] = []

    def firmness(photos: Collection[int]) -> Still:
        asked.append(frozenset(photos))
        return Still(0.0 if 4 in photos else 4.0)

    found = trust_of(weak, reviews, firmness, silent, 1.0, AnswerOptions())
    assert found.firm == {0, 1, 2, 3} == set(asked[-1])
    assert found.witnesses((0, 3)) == found.firm and found.witnesses((0, 4)) == set(range(5))
    firm = trust_of(weak, reviews, Still(0.0), silent, 1.0, AnswerOptions()).pairs
    for pair, chance in found.pairs.items():
        assert chance == firm[pair] if 4 in pair else chance < firm[pair]


@pytest.mark.parametrize("seed", range(4))
def test_the_less_holds_a_photo_the_further_off_it_may_be(seed: int) -> None:
    """None is stretched less than those on its way to the root; more evidence stretches none more."""
    grown, reviews = five_photos(seed)
    found = trust_of(grown, reviews, Still(), silent, 1.0, AnswerOptions())
    first, *links = chain_of_trust(grown, reviews, silent, 15.0)
    assert found.root == first.photo
    for one in links:
        assert found.stretch[one.photo] >= STRETCH.factor(one.nats) >= STRETCH.least
        if one.parent != first.photo:
            assert found.stretch[one.photo] >= found.stretch[one.parent]
    stronger = trust_of(*five_photos(seed, 1.5), Still(), silent, 1.0, AnswerOptions()).stretch
    assert all(stronger[photo] <= value for photo, value in found.stretch.items())


def test_what_something_else_than_matches_holds_is_as_exact_as_it_says() -> None:
    assert STRETCH.factor(np.inf) == 1.0
    factors = [STRETCH.factor(nats) for nats in RISING]
    assert factors == sorted(factors, reverse=True) and factors[-1] in (1.0, STRETCH.least)
    grown, reviews = five_photos(0)
    held = trust_of(grown, reviews, Still(), silent, 1.0, AnswerOptions(), held=range(5)).stretch
    assert set(held.values()) == {1.0}


def test_photos_in_one_place_are_one_witness() -> None:
    """What two of them say of a third counts once; apart they are two."""
    grown, reviews = five_photos(0)
    cams = {photo: np.eye(4) for photo in range(5)}
    for photo in range(1, 5):
        cams[photo][:3, 3] = np.random.default_rng(photo).normal(size=3)
    cams[4] = cams[3].copy()
    nats = dict.fromkeys(grown.pair_evidence, 16.0) | {(3, 4): 500.0, (0, 3): 60.0, (0, 4): 50.0}
    beside = replace(grown, placement=replace(grown.placement, cams_from_world=cams), pair_evidence=nats)
    apart, together = (
        {link.photo: link for link in chain_of_trust(beside, reviews, silent, 15.0, one_place=share)}
        for share in (0.0, 0.01)
    )
    assert apart[0].nats == pytest.approx(45.0 + 35.0) and together[0].nats == pytest.approx(45.0)


@pytest.mark.parametrize("seed", range(4))
def test_photos_that_are_kept_are_as_sure_as_without_the_others(seed: int) -> None:
    """And every photo has its one link, also where something else than matches places a kept one."""
    grown, reviews = five_photos(seed)
    kept = {1, 2, 4}
    nats = {pair: value for pair, value in grown.pair_evidence.items() if kept >= set(pair)}
    alone = replace(
        grown,
        placement=grown.placement.among(kept),
        pair_evidence=nats,
        predicted={one: said for one, said in grown.predicted.items() if one in kept},
    )
    before = trust_of(alone, reviews, Still(), silent, 1.0, AnswerOptions()).pairs
    now = trust_of(grown, reviews, Still(), silent, 1.0, AnswerOptions(), kept=kept)
    assert now.root in kept and {pair: now.pairs[pair] for pair in before} == pytest.approx(before)
    chain = chain_of_trust(grown, reviews, silent, 15.0, hanging={4: 1}, kept=kept)
    assert sorted(link.photo for link in chain) == list(range(5))
