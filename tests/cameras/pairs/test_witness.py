"""Further witnesses: who is asked about, what comes of right answers, and that wrong ones place nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch

from objpose.cameras.pairs.hypothesis import PairHypothesis
from objpose.cameras.pairs.options import EvidenceOptions
from objpose.cameras.pairs.pair_matches import weigh_motion
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.pairs.witness import open_pairs, with_witness
from objpose.cameras.placing.starts import grow_from_starts
from objpose.cameras.scene.views import View
from objpose.features.local import PlaceMatches
from objpose.features.local.matches import join
from objpose.features.local.places import Pair, add_places
from objpose.geometry import Camera
from objpose.work import within
from tests.cameras.photo_sets import (
    FOCAL,
    HEIGHT,
    OPTIONS,
    WIDTH,
    K,
    look_at_origin,
    make_problem,
    make_views,
    pair_error,
    worst_error,
)

RING = [look_at_origin(azimuth, elevation) for azimuth, elevation in ((0, 10), (20, 30), (40, 12), (60, 28))]


def faint_views(seed: int) -> list[View]:
    """Of which the descriptors match hardly any point."""
    views = make_views(RING, seed=seed, num_points=12, clutter=300, blur=1.0)
    return [replace(one, features=replace(one.features, size=(WIDTH, HEIGHT))) for one in views]


@cache
def faint_problem(seed: int) -> CameraProblem:
    return make_problem(faint_views(seed))


class Seer:
    """Matches points as they are, with noise, and as many wrong ones; right: else the wrong ones alone."""

    def __init__(self, right: bool, count: int = 60):
        self.right, self.count, self.asked = right, count, []

    def __call__(self, pairs: Sequence[Pair]) -> dict[Pair, PlaceMatches]:
        self.asked += pairs
        rng = np.random.default_rng(7)
        points = rng.normal(size=(self.count, 3)) / 3.0
        seen = [self._pixels(cam, points) for cam in RING]
        return {pair: self._matches(*(seen[index] for index in pair), rng) for pair in pairs}

    def _matches(self, first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> PlaceMatches:
        noise = [rng.normal(scale=0.5, size=first.shape) for _ in range(2)]
        ends = [first + noise[0], second + noise[1]] if self.right else [first[:0], second[:0]]
        wrong = [rng.uniform([0, 0], [WIDTH, HEIGHT], (self.count, 2)) for _ in range(2)]
        places = [np.concatenate(one).astype(np.float32) for one in zip(ends, wrong, strict=True)]
        return PlaceMatches(*places, rng.uniform(0.5, 0.9, len(places[0])).astype(np.float32))

    @staticmethod
    def _pixels(cam: np.ndarray, points: np.ndarray) -> np.ndarray:
        seen = points @ cam[:3, :3].T + cam[:3, 3]
        return seen[:, :2] / seen[:, 2:] * FOCAL + K[:2, 2]


def test_nobody_is_asked_about_photos_that_sure_pairs_join() -> None:
    problem = make_problem(make_views(RING, seed=0))
    sure = problem.options.sure_nats

    def of(nats: dict[Pair, float]) -> CameraProblem:
        found = {pair: [PairHypothesis(np.eye(4), value)] for pair, value in nats.items()}
        return replace(problem, hypotheses=found)

    chain = {(0, 1): sure, (1, 2): sure, (2, 3): sure}
    assert open_pairs(of(chain)) == []
    assert open_pairs(of({**chain, (1, 2): sure - 1.0})) == [(0, 2), (0, 3), (1, 2), (1, 3)]
    assert set(open_pairs(of({}))) == set(problem.matches)
    assert open_pairs(of(chain | {(1, 2): sure - 1.0}), joined={(0, 3)}) == []  # as a solution is sure
    seer = Seer(right=True)
    joined = of(chain)
    assert with_witness(joined, seer) is joined and seer.asked == []


def test_photos_that_the_first_matches_do_not_place_are_placed() -> None:
    problem = faint_problem(1)
    assert grow_from_starts(problem, range(4), OPTIONS) == []
    seer = Seer(right=True)
    helped = with_witness(problem, seer)
    assert set(seer.asked) == set(problem.matches)
    best = grow_from_starts(helped, range(4), OPTIONS)[0]
    assert set(best.placement.cams_from_world) == set(range(4))
    assert worst_error(best.placement.cams_from_world, RING) < 4.0


def test_a_witness_of_wrong_matches_places_no_photo() -> None:
    helped = with_witness(faint_problem(1), Seer(right=False))
    assert grow_from_starts(helped, range(4), OPTIONS) == []
    least = EvidenceOptions().least(1)
    assert all(one.evidence < least for found in helped.hypotheses.values() for one in found)


def test_what_was_known_of_a_pair_is_weighed_by_all_matches() -> None:
    """A motion that the first matches say with little, and the second ones with much, gains by them."""
    problem = faint_problem(1)
    truth = RING[1] @ np.linalg.inv(RING[0])
    problem = replace(problem, hypotheses={(0, 1): [PairHypothesis(truth, 5.0)]})
    [first, *_] = with_witness(problem, Seer(right=True)).hypotheses[0, 1]
    assert first.evidence > 50.0 and pair_error(first.b_from_a, truth) < 3.0


def test_what_is_trusted_half_counts_half() -> None:
    """And does not water down what is trusted whole: each is a mixture of its own."""
    problem, truth = faint_problem(1), RING[1] @ np.linalg.inv(RING[0])
    views, alone = problem.views[:2], problem.matches[0, 1]
    before = weigh_motion(*views, alone, truth, problem.options.evidence)
    gains = []
    for trust in (1.0, 0.5, 0.0):
        told = {(0, 1): replace(Seer(right=True)([(0, 1)])[0, 1], trust=trust)}
        features, matches = add_places([view.features for view in problem.views], {}, told)
        both = [replace(view, features=one) for view, one in zip(views, features[:2], strict=True)]
        joined = join(alone, matches[0, 1])
        gains.append(weigh_motion(*both, joined, truth, problem.options.evidence) - before)
    assert gains[0] > gains[1] > gains[2] and abs(gains[2]) < 3.0  # chance is counted on more keypoints
    assert 0.4 < gains[1] / gains[0] < 0.75  # patches bound what is much


def test_places_are_told_in_pixels_of_the_photo_that_a_lens_has_bent() -> None:
    """What a lens bends the geometry sees straight, what the witness adds among it."""
    camera = Camera.from_K(K, WIDTH, HEIGHT, (-0.2, 0.05, 0.0, 0.0))
    views = [replace(one, bent=camera) for one in faint_views(1)]
    seer = Seer(right=True)
    helped = with_witness(make_problem(views), seer)
    told = Seer(right=True)([(0, 1)])[0, 1].first
    count = len(views[0].features)
    added = helped.views[0].rays[count:]
    rays = camera.unproject(torch.from_numpy(told), torch.ones(len(told)))[:, :2].numpy()
    off = np.linalg.norm(added[:, None] - rays[None], axis=-1).min(axis=0)
    assert np.median(off) * FOCAL < 1.0


def test_no_answer_depends_on_the_number_of_threads() -> None:
    problem = faint_problem(1)
    one, two = (within(count)(with_witness)(problem, Seer(right=True)) for count in (1, 2))
    for pair, found in one.hypotheses.items():
        assert [hypothesis.evidence for hypothesis in found] == [
            hypothesis.evidence for hypothesis in two.hypotheses[pair]
        ]
