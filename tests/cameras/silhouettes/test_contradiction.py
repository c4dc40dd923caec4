"""Photos that matches join wrongly are parted by their outlines; those joined rightly never are."""

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from objpose.cameras.silhouettes.contradiction import kept_together
from objpose.cameras.silhouettes.options import OrbitOptions
from tests.cameras.silhouettes.figures import branched_body, orbit, silhouettes_of

FOCAL, AWAY, COUNT = 400.0, 8.0, 6
TURN = np.eye(4)
TURN[:3, :3] = Rotation.from_rotvec([1.0, 0.0, 0.5]).as_matrix()


def parts(wrong: list[int], linked: tuple[int, int], turn: np.ndarray = TURN) -> list[set[int]]:
    """Of photos some of which stand turned about the object, joined to the others by one link.

    About what is upright would not do: seen from one height, the highest and lowest points stay level.
    """
    cams = orbit(COUNT, AWAY)
    silhouettes = dict(enumerate(silhouettes_of(branched_body(), cams, FOCAL)))
    placed = {index: cam @ turn if index in wrong else cam for index, cam in enumerate(cams)}
    sure = {pair: 0.97 for pair in combinations(range(COUNT), 2) if len(set(pair) & set(wrong)) != 1}
    groups = kept_together(placed, silhouettes, {**sure, linked: 0.96}, OrbitOptions())
    return sorted(
        ({one for one in groups if groups[one] == group} for group in set(groups.values())), key=min
    )


def test_photos_that_stand_right_stay_together() -> None:
    assert parts([3], (0, 3), np.eye(4)) == [set(range(COUNT))]


@pytest.mark.parametrize("wrong", [[3], [4, 5]])
def test_what_stands_wrong_is_parted_from_the_rest(wrong: list[int]) -> None:
    assert parts(wrong, (0, wrong[0])) == [set(range(COUNT)) - set(wrong), set(wrong)]


def test_nothing_is_said_without_outlines() -> None:
    cams = dict(enumerate(orbit(3, AWAY)))
    assert set(kept_together(cams, {}, {}, OrbitOptions()).values()) == {0}
