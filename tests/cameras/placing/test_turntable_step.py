"""A turntable's constant step places photos that show nothing, and what does not fit it is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from objpose.cameras import Known, RecoverOptions, recover_cameras
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.placing.growth import weigh_placement
from objpose.cameras.placing.options import PlacingOptions
from objpose.cameras.placing.settle import with_points
from objpose.cameras.placing.turntable_step import Stepped, placed_by_step
from objpose.errors import InputError
from tests.cameras.moving_object import pasted
from tests.cameras.photo_sets import few_keypoints, look_at_origin, make_views, unposed, worst_error

OPTIONS = PlacingOptions()
STEP = 25.0


def ring(places: list[float]) -> list[np.ndarray]:
    return [look_at_origin(STEP * place, 25, 4.0) for place in places]


def stepped(truth: list[np.ndarray], seen: list[int], step: float | None) -> Stepped:
    """What a step makes of the photos that are seen to stand right, all but for noise."""
    problem: CameraProblem = unposed(make_views(truth, 0))
    cams = {index: truth[index] for index in seen}
    grown = weigh_placement(problem, with_points(problem, cams, OPTIONS.settle))
    assert min(grown.support(index) for index in seen) > OPTIONS.resection.sure_nats
    return placed_by_step(problem, grown, range(len(truth)), step, OPTIONS)


@pytest.mark.parametrize("step", [STEP, -STEP, None])
def test_photos_in_between_stand_where_the_step_puts_them(step: float | None) -> None:
    truth = ring([0, 1, 2, 3, 4, 5, 6])
    found = stepped(truth, [0, 1, 2, 5, 6], step)
    assert worst_error(found.grown.placement.cams_from_world, truth) < 1.0
    assert found.hanging == {3: 2, 4: 5} and not found.beyond and found.contradictions == ()
    assert len(found.confirmed) == 4, "all sure ones but the first hang together by the step"


def test_every_other_photo_shows_the_step() -> None:
    truth = ring([0, 1, 2, 3, 4, 5, 6])
    found = stepped(truth, [0, 2, 4, 6], None)
    assert worst_error(found.grown.placement.cams_from_world, truth) < 1.0
    assert sorted(found.hanging) == [1, 3, 5] and not found.beyond


def test_photos_beyond_the_last_sure_one_are_told_from_others() -> None:
    truth = ring([0, 1, 2, 3, 4])
    found = stepped(truth, [1, 2, 3], STEP)
    assert worst_error(found.grown.placement.cams_from_world, truth) < 1.0
    assert found.hanging == {0: 1, 4: 3} and found.beyond == {0, 4}


def test_a_closed_ring_has_no_end() -> None:
    truth = [look_at_origin(40.0 * place, 25, 4.0) for place in range(9)]
    found = stepped(truth, [1, 2, 3, 4, 5, 6, 7], None)
    assert worst_error(found.grown.placement.cams_from_world, truth) < 1.0
    assert sorted(found.hanging) == [0, 8] and not found.beyond


def test_a_skipped_photo_is_named_and_nothing_stands_in_its_gap() -> None:
    truth = ring([0, 1, 2, 4, 5, 7, 8])  # 3 and 6 are missing
    found = stepped(truth, [0, 1, 2, 3, 4, 6], STEP)
    told = [(one.constraint, one.stated, one.found) for one in found.contradictions]
    assert told == [
        ("turntable's step from 2.jpg to 3.jpg", "25.0 degrees", "a turn by 50.0 degrees"),
        ("turntable's step from 4.jpg to 6.jpg", "50.0 degrees", "a turn by 75.0 degrees"),
    ]
    assert found.hanging == {}


def test_what_is_no_turntable_stays_as_it_is() -> None:
    truth = [look_at_origin(30.0 * place, 15.0 + 20.0 * (place % 3), 3.0 + place % 2) for place in range(5)]
    found = stepped(truth, [0, 1, 2, 4], 30.0)
    assert found.hanging == {} and found.contradictions == ()


def test_a_photo_that_shows_nothing_is_placed_with_confidence() -> None:
    cams = [look_at_origin(20.0 * place, 25, 3.0) for place in range(4)]
    drawn = pasted([np.full((300, 400, 3), 90, np.uint8)] * 4, cams, 1.0)
    drawn[1] = replace(drawn[1], image=np.full((300, 400, 3), 250, np.uint8))
    few = few_keypoints()
    before = recover_cameras(
        drawn, matcher=few, options=RecoverOptions(threads=1, known=Known(turntable=True))
    )
    assert [photo.name for photo in before.left_out] == ["1.png"]
    known = Known(turntable_step="constant")
    scene = recover_cameras(drawn, matcher=few, options=RecoverOptions(threads=1, known=known))
    found = {index: one.cam_from_world.matrix().numpy() for index, one in enumerate(scene.photos)}
    assert worst_error(found, cams) < 2.0
    assert min(photo.confidence for photo in scene.photos) > 0.9
    assert np.linalg.eigvalsh(scene["1.png"].covariance.numpy()).min() > 0.0


def test_steps_are_checked() -> None:
    assert Known(turntable_step=10.0).asked == "object"
    for step in (0.0, 400.0, "even"):
        with pytest.raises(InputError, match="turntable step"):
            Known(turntable_step=step)
    with pytest.raises(InputError, match="take one of the two away"):
        Known(turntable_step=10.0, of="scene")
