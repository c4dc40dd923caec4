"""Killed at any point, a run resumes and loses or doubles no image."""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tqdm import tqdm

import bop_eval.image_run
import bop_eval.journal
import bop_eval.runner
from bop_eval.journal import ImageRecord, Journal, journal_path
from bop_eval.methods import METHODS, Estimate, MaskedObject
from bop_eval.runner import RunSettings, run
from objpose.errors import InputError
from objpose.geometry import SE3
from objpose.io import BopImage

FORK = multiprocessing.get_context("fork")  # starts in milliseconds, with the patched modules of the test


@pytest.fixture(autouse=True)
def a_progress_lock_for_each_process() -> Iterator[None]:
    """tqdm's own is shared with forked processes: one killed while it draws would hold it for ever."""
    shared = tqdm.get_lock()
    tqdm.set_lock(threading.RLock())
    yield
    tqdm.set_lock(shared)


def rows_without_time(path: Path) -> list[str]:
    return [line.rpartition(",")[0] for line in path.read_text().splitlines()]


def undisturbed(settings: RunSettings) -> list[str]:
    out = settings.out.with_name("undisturbed.csv")
    run(replace(settings, out=out))
    return rows_without_time(out)


def run_until(settings: RunSettings, kill_after_s: float) -> int:
    """Run in a process of its own, killed after a while; its exit code."""
    process = FORK.Process(target=run, args=(settings,))
    process.start()
    process.join(kill_after_s)
    process.kill()
    process.join()
    return process.exitcode


def test_sigkill_at_random_moments(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = undisturbed(settings)
    make_seeded = METHODS["seeded"]

    def make_slow(method_settings):
        method = make_seeded(method_settings)

        def slow(image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
            time.sleep(0.03)
            return method(image, detections)

        return slow

    monkeypatch.setitem(METHODS, "seeded", make_slow)
    moments, kills = random.Random(0), 0
    for _ in range(100):
        code = run_until(replace(settings, resume=True), moments.uniform(0.05, 0.24))  # of 0.72 s at least
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
    run(replace(settings, resume=True))
    assert kills >= 3
    assert rows_without_time(settings.out) == expected
    assert not journal_path(settings.out).exists()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_the_middle_of_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    append, count = Journal._append, iter(range(100))

    def torn(journal: Journal, content: dict[str, object]) -> None:
        if next(count) == 6:
            journal._file.write(b'{"scene_id": 1, "im_')
            journal._file.flush()
            die()
        append(journal, content)

    monkeypatch.setattr(Journal, "_append", torn)


def die_in_the_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(journal: Journal, content: dict[str, object]) -> None:
        journal._file.write(b'{"finger')
        journal._file.flush()
        die()

    monkeypatch.setattr(Journal, "_append", torn)


def die_before_the_sixth_image(monkeypatch: pytest.MonkeyPatch) -> None:
    add = Journal.add

    def last(journal: Journal, record: ImageRecord) -> None:
        die() if len(journal.records) == 5 else add(journal, record)

    monkeypatch.setattr(Journal, "add", last)


def die_before_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bop_eval.runner, "write_bop_csv", lambda path, rows: die())


def die_before_the_journal_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "remove", lambda journal: die())


@pytest.mark.parametrize(
    "plant",
    [die_in_the_first_line, die_in_the_middle_of_a_line, die_before_the_sixth_image, die_before_the_results,
     die_before_the_journal_goes],
)  # fmt: skip
def test_sigkill_at_the_worst_moments(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """Twice: what a resumed run appends after a torn line must read back too."""
    expected = undisturbed(settings)
    for planting in (plant, die_before_the_results):
        with monkeypatch.context() as planted:
            planting(planted)
            assert run_until(replace(settings, resume=True), kill_after_s=60) == -signal.SIGKILL
    run(replace(settings, resume=True))
    assert rows_without_time(settings.out) == expected
    assert not journal_path(settings.out).exists()


def interrupted(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the journal of a run killed before its sixth image."""
    with monkeypatch.context() as planted:
        die_before_the_sixth_image(planted)
        run_until(settings, kill_after_s=60)


def test_done_images_are_not_done_again(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(settings, monkeypatch)
    seen = []

    def watch(image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        seen.append((image.scene_id, image.im_id))
        return [Estimate(1, 1.0, SE3.identity())]

    monkeypatch.setitem(METHODS, "seeded", lambda method_settings: watch)
    run(replace(settings, resume=True))
    assert seen == [(3, 5), (3, 6), (3, 7)] + [(scene_id, im_id) for scene_id in (1, 2) for im_id in range(8)]


def test_without_resume_an_unfinished_run_is_refused(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(settings, monkeypatch)
    before = journal_path(settings.out).read_bytes()
    with pytest.raises(InputError, match="results.csv.journal.*--resume"):
        run(settings)
    assert journal_path(settings.out).read_bytes() == before


def test_resuming_with_other_settings_is_refused(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(settings, monkeypatch)
    with pytest.raises(InputError, match="found a run with seed 0, expected seed 1"):
        run(replace(settings, resume=True, seed=1))
    assert journal_path(settings.out).exists()


def test_resuming_nothing_starts(settings: RunSettings) -> None:
    expected = undisturbed(settings)
    run(replace(settings, resume=True))
    assert rows_without_time(settings.out) == expected


def test_a_damaged_line_within_the_journal_is_refused(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(settings, monkeypatch)
    path = journal_path(settings.out)
    lines = path.read_bytes().splitlines(keepends=True)
    for damage in (b"{]\n", b"7\n", b'{"scene_id": 1}\n'):
        path.write_bytes(b"".join([*lines[:2], damage, *lines[3:]]))
        with pytest.raises(InputError, match="line 3: found a damaged line"):
            run(replace(settings, resume=True))


def test_two_runs_at_once_are_refused(settings: RunSettings) -> None:
    journal = Journal.start(journal_path(settings.out), {})
    with pytest.raises(InputError, match="another run writing it"):
        run(replace(settings, resume=True))
    journal.remove()
