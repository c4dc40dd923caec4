"""When a track is trusted, doubted, lost and found again."""

from __future__ import annotations

import random

from objpose.tracking.lifecycle import DOUBTED_FOR, FOUND_AFTER, GONE, LOST_AFTER, SURE, Lifecycle
from objpose.tracking.state import Status

SURELY, PERHAPS, HARDLY = (1 + SURE) / 2, (SURE + GONE) / 2, GONE / 2


def followed(life: Lifecycle, *chances: float) -> list[Status]:
    found = []
    for chance in chances:
        life.followed(chance, chance)
        found.append(life.status)
    return found


def begun() -> Lifecycle:
    life = Lifecycle()
    life.begin()
    return life


def test_who_is_told_where_it_is_tracks_at_once() -> None:
    assert not Lifecycle().is_followed and not Lifecycle().is_trusted
    assert begun().is_followed and begun().is_trusted


def test_what_is_doubtful_is_not_trusted_until_it_is_sure_again() -> None:
    found = followed(begun(), SURELY, PERHAPS, HARDLY, PERHAPS, SURELY)
    assert found == [Status.TRACKING, *[Status.UNCERTAIN] * 3, Status.TRACKING]


def test_what_is_not_there_is_lost_within_three_frames() -> None:
    life = begun()
    assert LOST_AFTER <= 3
    assert followed(life, *[HARDLY] * LOST_AFTER)[-1] is Status.LOST
    assert not life.is_followed


def test_what_is_there_but_may_be_turned_is_doubted_and_not_lost() -> None:
    life = begun()
    for _ in range(3 * LOST_AFTER):
        life.followed(HARDLY, SURELY)
        assert life.status is Status.UNCERTAIN
    assert followed(life, SURELY) == [Status.TRACKING]


def test_doubts_alone_end_no_track_but_it_is_looked_for_elsewhere() -> None:
    life = begun()
    assert set(followed(life, *[PERHAPS] * DOUBTED_FOR)) == {Status.UNCERTAIN} and not life.is_long_doubted
    assert followed(life, PERHAPS) == [Status.UNCERTAIN] and life.is_long_doubted
    followed(life, SURELY)  # they count anew
    assert not life.is_long_doubted
    assert not lost().is_long_doubted


def lost() -> Lifecycle:
    life = begun()
    followed(life, *[HARDLY] * LOST_AFTER)
    return life


def test_found_again_once_frames_in_a_row_agree() -> None:
    life = lost()
    assert followed(life, *[SURELY] * FOUND_AFTER) == [*[Status.LOST] * (FOUND_AFTER - 1), Status.REACQUIRED]
    assert life.is_trusted and followed(life, SURELY) == [Status.TRACKING]


def test_what_is_first_found_is_not_found_again() -> None:
    found = followed(Lifecycle(), *[SURELY] * FOUND_AFTER)
    assert found == [*[Status.SEARCHING] * (FOUND_AFTER - 1), Status.TRACKING]


def test_a_frame_that_disagrees_begins_the_count_anew() -> None:
    for interrupt in (lambda life: life.followed(PERHAPS, PERHAPS), lambda life: life.missed()):
        life = lost()
        followed(life, *[SURELY] * (FOUND_AFTER - 1))
        assert life.agreed == FOUND_AFTER - 1
        interrupt(life)
        assert life.agreed == 0
        assert set(followed(life, *[SURELY] * (FOUND_AFTER - 1))) == {Status.LOST}


def test_who_was_lost_begins_anew() -> None:
    life = lost()
    life.begin()
    assert life.status is Status.TRACKING and life.doubted == life.weak == 0


def test_nothing_is_ever_trusted_on_an_unlikely_frame() -> None:
    rng, life = random.Random(0), begun()
    for _ in range(3000):
        chance = rng.choice([SURELY, PERHAPS, HARDLY])
        before = life.status
        life.followed(chance, chance)
        assert not life.is_trusted or chance >= SURE
        assert life.status is not Status.REACQUIRED or before is Status.LOST
        assert life.seen and life.status is not Status.SEARCHING
