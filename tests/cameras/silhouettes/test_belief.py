"""What outlines cannot tell is said: from afar, an object from its mirror image in depth."""

import numpy as np

from objpose.cameras.silhouettes.belief import beliefs, mirrored, same_pair
from objpose.cameras.silhouettes.coherence import Coherence
from objpose.cameras.silhouettes.fitting import twisted
from objpose.cameras.silhouettes.options import BeliefOptions, OrbitOptions, OutlineOptions
from objpose.cameras.silhouettes.orbit import Matched
from tests.cameras.silhouettes.figures import branched_body, in_orbit_unit, orbit, silhouettes_of

PHOTOS, LEVEL = np.arange(6), np.array([1.0, 0.0])


def told_of_mirror(focal: float, away: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Nats by which the mirrored placement is behind the true one, and both."""
    cams = orbit(6, away)
    silhouettes = silhouettes_of(branched_body(), cams, focal)
    cams = in_orbit_unit(cams, silhouettes)
    coherence = Coherence(silhouettes, Matched.none(), LEVEL, OrbitOptions(), OutlineOptions())
    both = np.stack([cams, mirrored(cams)])
    nats = coherence.told(both, PHOTOS)
    return float(nats[1] - nats[0]), both, nats


def test_a_mirrored_placement_is_another_one_and_its_mirror_the_first() -> None:
    cams = orbit(6, away=8.0)
    np.testing.assert_allclose(mirrored(mirrored(cams)), cams, atol=1e-12)
    assert not any(same_pair(cams, mirrored(cams), 0, other, 10.0) for other in range(1, 6))


def test_from_afar_outlines_do_not_tell_the_mirror_image_and_no_pair_is_sure() -> None:
    behind, both, nats = told_of_mirror(focal=20000.0, away=400.0)
    assert abs(behind) < 6.0
    order = np.argsort(nats)
    chance = beliefs(both[order], nats[order], 0.1, BeliefOptions()).chance
    assert max(chance.values()) < 0.7


def test_from_near_they_do() -> None:
    behind, both, nats = told_of_mirror(focal=400.0, away=8.0)
    assert behind > 30.0
    assert min(beliefs(both, nats, 0.1, BeliefOptions(unseen=0.0)).chance.values()) > 0.9


def test_a_rival_further_behind_leaves_more_belief() -> None:
    cams = orbit(6, away=8.0)
    both = np.stack([cams, mirrored(cams)])
    least = [
        min(beliefs(both, np.array([0.0, behind]), 0.1, BeliefOptions()).chance.values())
        for behind in (0.0, 5.0, 20.0, 80.0)
    ]
    assert least == sorted(least)
    assert least[0] < 0.5 < least[-1]


def test_pairs_that_all_placements_have_alike_are_surer_than_those_of_the_photo_that_moves() -> None:
    cams = orbit(6, away=8.0)
    other = cams.copy()
    other[2] = mirrored(cams)[2]
    chance = beliefs(np.stack([cams, other]), np.zeros(2), 0.1, BeliefOptions()).chance
    assert chance[0, 1] > 1.5 * chance[0, 2]


def test_cameras_can_move_less_the_more_photos_there_are() -> None:
    cams = orbit(6, away=8.0)
    silhouettes = silhouettes_of(branched_body(), cams, focal=400.0)
    coherence = Coherence(silhouettes, Matched.none(), LEVEL, OrbitOptions(), OutlineOptions())
    rough = twisted(
        in_orbit_unit(cams, silhouettes)[None], np.random.default_rng(0).normal(scale=0.03, size=(1, 6, 6))
    )[0]
    few, all_ = (coherence.pair_degrees(rough[:count], PHOTOS[:count])[0, 1] for count in (3, 6))
    assert 0.0 < all_ < few


def test_rough_outlines_leave_a_rival_more_belief() -> None:
    cams = orbit(6, away=8.0)
    both, nats = np.stack([cams, mirrored(cams)]), np.array([0.0, 30.0])
    exact, rough = (min(beliefs(both, nats, rms, BeliefOptions()).chance.values()) for rms in (0.1, 1.0))
    assert rough < exact
