"""A box that bears one print on two opposite sides, among other things: photos of one side and of the other.

Matches of the print are as many for the twin of a photo's place as for its own; what stands around tells.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.islands import find_islands
from objpose.cameras.placing.resection import Resection
from objpose.cameras.placing.review import review
from objpose.cameras.placing.settle import settle
from objpose.cameras.scene.views import View
from objpose.features.local import LocalFeatures
from tests.cameras.photo_sets import (
    DIMENSIONS,
    FOCAL,
    HEIGHT,
    OPTIONS,
    WIDTH,
    K,
    look_at_origin,
    make_problem,
    unposed,
    worst_error,
)

FRONT = [
    look_at_origin(azimuth, elevation) for azimuth, elevation in ((-25, 12), (-8, 25), (8, 14), (25, 28))
]
BACK = [look_at_origin(180 + azimuth, elevation) for azimuth, elevation in ((-18, 20), (3, 12), (20, 26))]
TRUTH = [*FRONT, *BACK]
HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])
MOVED = 1  # a photo of the front
EVERYWHERE = -1


def twin_points(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (P, 3), the photos that see them (P,), descriptors (P, D).

    One print on both sides, other things each on one side (0 the front, 1 the back), a floor that all see.
    """
    print_at = rng.uniform([0.3, -0.4, -0.5], [0.3, 0.4, 0.5], (60, 3))
    things_at = rng.uniform([0.2, -1.2, -0.6], [0.9, 1.2, 0.3], (140, 3))
    things_side = np.repeat([0, 1], 70)
    things_at[things_side == 1] *= [-1.0, -1.0, 1.0]
    floor_at = rng.uniform([-1.0, -1.0, -0.6], [1.0, 1.0, -0.6], (60, 3))
    points = np.concatenate([print_at, print_at * [-1.0, -1.0, 1.0], things_at, floor_at])
    side = np.concatenate([np.zeros(60, int), np.ones(60, int), things_side, np.full(60, EVERYWHERE)])
    print_like, others_like = rng.normal(size=(60, DIMENSIONS)), rng.normal(size=(200, DIMENSIONS))
    return points, side, np.concatenate([print_like, print_like, others_like])


def twin_views(seed: int) -> list[View]:
    rng = np.random.default_rng(seed)
    points, side, like = twin_points(rng)
    views = []
    for index, cam in enumerate(TRUTH):
        seen = (side == int(index >= len(FRONT))) | (side == EVERYWHERE)
        places = points[seen] @ cam[:3, :3].T + cam[:3, 3]
        pixels = places[:, :2] / places[:, 2:] * FOCAL + K[:2, 2]
        pixels += rng.normal(scale=0.4, size=pixels.shape)
        described = like[seen] + rng.normal(scale=0.3, size=(seen.sum(), DIMENSIONS))
        described /= np.linalg.norm(described, axis=1, keepdims=True)
        features = LocalFeatures(pixels.astype(np.float32), described.astype(np.float32)[None])
        views.append(View(f"{index}.jpg", WIDTH, HEIGHT, K, features))
    return views


@pytest.fixture(scope="module")
def problem() -> CameraProblem:
    return unposed(twin_views(seed=2))


def placed(problem: CameraProblem) -> dict[int, np.ndarray]:
    """cam_from_world of the best supported placement."""
    return find_islands(problem, OPTIONS)[0][0].placement.cams_from_world


def of_photos(problem: CameraProblem, photos: tuple[int, ...]) -> CameraProblem:
    """What is known of some photos alone, numbered anew."""
    pairs = {(photos[a], photos[b]): (a, b) for a, b in combinations(range(len(photos)), 2)}
    matches = {new: problem.matches[old] for old, new in pairs.items()}
    hypotheses = {new: problem.hypotheses[old] for old, new in pairs.items() if old in problem.hypotheses}
    return CameraProblem([problem.views[photo] for photo in photos], matches, hypotheses)


def at_the_twin() -> dict[int, np.ndarray]:
    return {index: cam @ HALF_TURN if index == MOVED else cam for index, cam in enumerate(TRUTH)}


def test_the_print_speaks_for_the_twin_and_what_stands_around_against_it(problem: CameraProblem) -> None:
    rest = settle(problem, {i: cam for i, cam in enumerate(TRUTH) if i != MOVED}, OPTIONS.settle)
    resection = Resection(problem, rest, MOVED, OPTIONS.resection)
    twin = TRUTH[MOVED] @ HALF_TURN
    assert resection.matched(twin) > problem.options.evidence.least(len(TRUTH) - 1)
    assert resection.predicted(twin).nats < -10.0 and resection.predicted(twin).shortfall > 20.0
    assert resection.predicted(TRUTH[MOVED]).nats > 20.0
    assert resection.evidence(TRUTH[MOVED]) > resection.evidence(twin) + 100.0


def test_a_photo_at_its_twin_goes_home(problem: CameraProblem) -> None:
    wrong = weigh_placement(problem, settle(problem, at_the_twin(), OPTIONS.settle))
    assert wrong.predicted[MOVED].nats < 0.0
    mended, _ = review(problem, wrong, OPTIONS)
    assert worst_error(mended.placement.cams_from_world, TRUTH) < 2.0


def test_more_photos_leave_the_pairs_of_fewer_as_right() -> None:
    chosen = (0, 1, 3, 4, 6)
    views, truth = twin_views(seed=3), [TRUTH[index] for index in chosen]
    problem = make_problem([views[index] for index in chosen])
    among = placed(problem)
    for few in ((0, 1, 2), (0, 2, 3, 4), (1, 2, 4)):
        alone = placed(of_photos(problem, few))
        right = [truth[index] for index in few]
        shared = {place: among[index] for place, index in enumerate(few)}
        assert len(alone) == len(few)
        assert worst_error(shared, right) < max(worst_error(alone, right), 2.0) + 0.5
