"""Runs without detections: the method looks for the objects that the targets ask for."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import bop_eval.runner
from bop_eval.journal import Journal, journal_path
from bop_eval.methods import METHODS, Estimate, MaskedObject
from bop_eval.runner import RunSettings, run
from bop_eval.tasks import image_tasks
from objpose.errors import InputError, InputWarning
from objpose.geometry import SE3
from objpose.io import BopDataset, BopImage, read_bop_csv, read_detections

Seen = dict[tuple[int, int], list[MaskedObject]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What a method that finds each object twice, and one that nobody asked for, is given by image."""
    given: Seen = {}

    def search(image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        given[image.scene_id, image.im_id] = detections
        wanted = [*dict.fromkeys(found.obj_id for found in detections), 77]
        return [Estimate(obj_id, score, SE3.identity()) for obj_id in wanted for score in (0.3, 0.8, 0.1)]

    monkeypatch.setitem(METHODS, "search", lambda method_settings: search)
    return given


@pytest.fixture
def searching(settings: RunSettings, seen: Seen) -> RunSettings:
    return replace(settings, method="search", detections=None)


def test_the_method_is_asked_for_each_target_without_a_mask(searching: RunSettings, seen: Seen) -> None:
    run(searching)
    targets = BopDataset(searching.dataset_dir).targets()
    assert {image: [found.obj_id for found in given] for image, given in seen.items()} == {
        (t.scene_id, t.im_id): [1, 2] for t in targets
    }
    assert all(found.mask is None for given in seen.values() for found in given)


def test_the_best_of_what_was_asked_for_is_written(searching: RunSettings) -> None:
    """One more than the instances asked for, and nothing of objects that nobody asked for."""
    summary = run(searching)
    rows = read_bop_csv(searching.out)
    targets = BopDataset(searching.dataset_dir).targets()
    expected = [(t.scene_id, t.im_id, t.obj_id, score) for t in targets for score in (0.8, 0.3)]
    assert [(row.scene_id, row.im_id, row.obj_id, row.score) for row in rows] == expected
    assert summary.problems == ()


def test_masks_are_given_where_there_are_detections(settings: RunSettings, seen: Seen) -> None:
    run(replace(settings, method="search"))
    assert seen and all(found.mask is not None for given in seen.values() for found in given)


def test_tasks_of_no_detections_differ_from_those_of_an_empty_list(settings: RunSettings) -> None:
    """`[]` means that a segmenter saw nothing; None that there was no segmenter."""
    targets = BopDataset(settings.dataset_dir).targets()
    searched, blind = image_tasks(targets, None), image_tasks(targets, [])
    assert all(wanted.detections is None for task in searched for wanted in task.objects)
    assert all(wanted.detections == () for task in blind for wanted in task.objects)
    found = image_tasks(targets, read_detections(settings.detections))
    assert [(t.scene_id, t.im_id) for t in found] == [(t.scene_id, t.im_id) for t in searched]


def test_an_empty_list_of_detections_asks_for_nothing(
    settings: RunSettings, seen: Seen, tmp_path: Path
) -> None:
    path = tmp_path / "nothing.json"
    path.write_text(json.dumps([]))
    with pytest.warns(InputWarning, match="no detection of 48 of 48 targets"):
        assert run(replace(settings, method="search", detections=path)).estimates == 0
    assert seen == {}


def test_a_run_is_not_resumed_with_other_detections(
    searching: RunSettings, settings: RunSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is masked, searched, or masked otherwise is another run: its halves must not be mixed."""
    other = tmp_path / "other.json"
    other.write_text(settings.detections.read_text() + "\n")
    with monkeypatch.context() as planted:
        planted.setattr(bop_eval.runner, "write_bop_csv", broken_off)
        with pytest.raises(KeyboardInterrupt):
            run(searching)
    assert journal_path(searching.out).exists()
    for detections in (settings.detections, other):
        with pytest.raises(
            InputError, match="found a run with detections None, expected detections [0-9a-f]"
        ):
            run(replace(searching, detections=detections, resume=True))
    assert run(replace(searching, resume=True)).images == 24


def broken_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_fingerprint_tells_runs_apart(
    searching: RunSettings, settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, start = [], Journal.start

    def watched(path: Path, fingerprint: dict[str, object]) -> Journal:
        found.append(fingerprint)
        return start(path, fingerprint)

    monkeypatch.setattr(Journal, "start", watched)
    for one in (searching, replace(searching, detections=settings.detections)):
        run(one)
    assert found[0]["detections"] is None and found[1]["detections"]
    assert {k: v for k, v in found[0].items() if k != "detections"} == {
        k: v for k, v in found[1].items() if k != "detections"
    }


@pytest.mark.parametrize("name", ["cnos-fastsam_cubes-test.json", "cnos-fastsam_cubes_test.json"])
def test_the_ground_truth_plays_no_part(settings: RunSettings, tmp_path: Path, name: str) -> None:
    """Pitfall (f) of FoundPose's code: detections far from the ground truth are skipped in its reports.

    And pitfall (g): detections are read from the file that is given, whatever its name.
    """
    run(settings)
    expected = [(row.scene_id, row.im_id, row.obj_id, row.score) for row in read_bop_csv(settings.out)]
    blind = tmp_path / "cubes"
    hidden = shutil.ignore_patterns("scene_gt*.json", "mask", "mask_visib")
    shutil.copytree(settings.dataset_dir, blind, ignore=hidden)
    detections = Path(shutil.copy(settings.detections, tmp_path / name))
    out = tmp_path / "blind.csv"
    run(replace(settings, dataset_dir=blind, detections=detections, out=out))
    assert [(row.scene_id, row.im_id, row.obj_id, row.score) for row in read_bop_csv(out)] == expected
