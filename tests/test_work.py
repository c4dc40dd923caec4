"""Threads: our work takes what it is given, torch's kernels stay on one, the caller's settings stay his."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from objpose.work import share, threads, within


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """torch set to a number that nobody else sets, for this thread and for later ones."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def in_new_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def numbers() -> tuple[int, int]:
    """What torch would use here, and in a thread that starts now."""
    return torch.get_num_threads(), in_new_thread(torch.get_num_threads)


def test_kernels_run_on_one_thread_and_the_caller_finds_his_number_again() -> None:
    with within(2):
        assert numbers() == (1, 3) and threads() == 2
    assert numbers() == (3, 3) and threads() == 3


def test_the_number_is_found_again_after_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), within():
        share(lambda item: 1 // item, [1, 0])
    assert numbers() == (3, 3) and threads() == 3


def test_without_a_limit_work_takes_what_torch_may() -> None:
    with within():
        assert threads() == 3
        with within(2):
            assert threads() == 2
        with within(8):
            assert threads() == 3


@pytest.mark.parametrize(("limit", "items", "each"), [(1, 4, 1), (2, 4, 1), (4, 2, 2), (5, 2, 2), (4, 1, 4)])
def test_threads_left_over_are_for_the_items(limit: int, items: int, each: int) -> None:
    with within(limit):
        found = share(lambda _: (threads(), torch.get_num_threads()), range(items))
    assert found == [(each, 1)] * items


def test_results_are_in_order_and_each_item_is_taken_once() -> None:
    taken, done = [], []
    with within(4):
        found = share(lambda item: taken.append(item) or item * item, range(200), lambda: done.append(None))
    assert found == [item * item for item in range(200)] and sorted(taken) == list(range(200))
    assert len(done) == 200


def test_items_are_worked_on_at_the_same_time() -> None:
    """They meet: one after the other they never would."""
    meeting = threading.Barrier(3)
    with within(3):
        assert sorted(share(lambda _: meeting.wait(20), range(3))) == [0, 1, 2]


def test_the_first_item_that_fails_is_told_on_any_number_of_threads() -> None:
    def fail_late(item: int) -> None:
        time.sleep(0.05 if item == 1 else 0)
        raise ValueError(item)

    for limit in (1, 2, 4):
        with within(limit), pytest.raises(ValueError) as error:
            share(lambda item: item and fail_late(item), range(8))
        assert str(error.value) == "1"


def test_nothing_is_begun_after_a_failure() -> None:
    begun = []

    def work(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with within(2), pytest.raises(ValueError):
        share(work, range(50))
    assert len(begun) <= 2


def test_work_within_work_needs_no_more_threads_than_there_are() -> None:
    with within(2):
        found = share(lambda i: share(lambda j: (i, j, threads()), range(3)), range(3))
    assert found == [[(i, j, 1) for j in range(3)] for i in range(3)]


def test_two_callers_at_once_leave_each_other_alone() -> None:
    """Each toggles its own number while the other is at work; nobody is left with the other's."""
    meeting, seen = threading.Barrier(2), []

    def call(own: int) -> None:
        torch.get_num_threads()  # takes what threads start with
        meeting.wait(20)
        for _ in range(20):
            with within(own):
                seen.append((threads(), torch.get_num_threads()))
                share(lambda _: None, range(3))
            seen.append((threads(), torch.get_num_threads()))

    callers = [threading.Thread(target=call, args=(own,)) for own in (2, 4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert set(seen) == {(2, 1), (4, 1), (3, 3)} and numbers() == (3, 3)


def test_gradients_are_recorded_whatever_the_caller_set() -> None:
    def slope(value: float) -> float:
        at = torch.tensor(value, requires_grad=True)
        at.square().backward()
        return float(at.grad)

    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            for limit in (1, 2):
                with within(limit):
                    assert share(slope, [1.0, 2.0]) == [2.0, 4.0]
            assert not torch.is_grad_enabled()
