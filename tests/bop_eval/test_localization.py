"""The rules of the localization task, each on a set made by hand."""

from pathlib import Path

import numpy as np
import pytest

import bop_eval
from tests.bop_eval.scored_set import (
    DIAMETER_M,
    FOCAL,
    PLAIN,
    TURNING,
    WIDTH,
    Guess,
    Instance,
    make_scored_set,
    table,
)

LEFT, RIGHT, FAR = (-60.0, 0, 400), (60.0, 0, 400), (0.0, 0, 900)


def scores(folder: Path, *guesses: Guess) -> dict[str, float]:
    return bop_eval.evaluate(table(*guesses), folder).figures


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two instances in one image, both asked for."""
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(PLAIN, RIGHT)]}
    return make_scored_set(tmp_path / "two", images, [(1, 0, PLAIN, 2)])


def test_every_instance_is_found_once(two: Path) -> None:
    both = scores(two, Guess(1, 0, PLAIN, 0.5, LEFT), Guess(1, 0, PLAIN, 0.9, RIGHT))
    assert set(both.values()) == {1.0} and list(both) == ["AR", "AR_VSD", "AR_MSSD", "AR_MSPD"]
    twice = scores(two, Guess(1, 0, PLAIN, 0.5, LEFT), Guess(1, 0, PLAIN, 0.9, LEFT))
    assert set(twice.values()) == {0.5}
    assert set(scores(two).values()) == {0.0}


def test_only_the_best_scored_estimates_count(two: Path) -> None:
    """Three for two instances: the right ones have the lowest scores."""
    guesses = [Guess(1, 0, PLAIN, 0.9, FAR), Guess(1, 0, PLAIN, 0.5, LEFT), Guess(1, 0, PLAIN, 0.4, RIGHT)]
    assert scores(two, *guesses)["AR"] == 0.5
    assert bop_eval.evaluate(table(*guesses), two).estimates == 2


def test_of_equal_scores_the_first_in_the_file_counts(two: Path) -> None:
    right = [Guess(1, 0, PLAIN, 0.5, LEFT), Guess(1, 0, PLAIN, 0.5, RIGHT)]
    wrong = Guess(1, 0, PLAIN, 0.5, FAR)
    assert scores(two, *right, wrong)["AR"] == 1.0
    assert scores(two, right[0], wrong, right[1])["AR"] == 0.5


def test_the_most_visible_instances_are_the_targets(tmp_path: Path) -> None:
    images = {(1, 0): [Instance(PLAIN, LEFT, visible=0.3), Instance(PLAIN, RIGHT, visible=0.8)]}
    folder = make_scored_set(tmp_path / "one", images, [(1, 0, PLAIN, 1)])
    assert scores(folder, Guess(1, 0, PLAIN, 0.9, RIGHT))["AR"] == 1.0
    assert scores(folder, Guess(1, 0, PLAIN, 0.9, LEFT))["AR"] == 0.0


def test_equally_visible_instances_are_targets_in_the_order_of_the_file(tmp_path: Path) -> None:
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(PLAIN, RIGHT)]}
    folder = make_scored_set(tmp_path / "tie", images, [(1, 0, PLAIN, 1)])
    assert scores(folder, Guess(1, 0, PLAIN, 0.9, LEFT))["AR"] == 1.0
    assert scores(folder, Guess(1, 0, PLAIN, 0.9, RIGHT))["AR"] == 0.0


def test_recall_pools_all_targets(tmp_path: Path) -> None:
    """Two of three targets, though one of the two objects is never found."""
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(TURNING, RIGHT)], (2, 3): [Instance(PLAIN, LEFT)]}
    targets = [(1, 0, PLAIN, 1), (1, 0, TURNING, 1), (2, 3, PLAIN, 1)]
    folder = make_scored_set(tmp_path / "pooled", images, targets)
    report = bop_eval.evaluate(
        table(Guess(1, 0, PLAIN, 0.9, LEFT), Guess(2, 3, PLAIN, 0.9, LEFT, time_s=0.1)), folder
    )
    assert report.figures["AR_MSSD"] == pytest.approx(2 / 3)
    assert report.per_object[PLAIN]["AR"] == 1.0 and report.per_object[TURNING]["AR"] == 0.0
    assert report.per_scene[1]["AR"] == 0.5 and report.per_scene[2]["AR"] == 1.0
    assert report.targets == {PLAIN: 2, TURNING: 1} and report.images == 2
    assert report.mean_time_s == pytest.approx(0.3)


def test_what_is_no_target_does_not_count(two: Path) -> None:
    right = [Guess(1, 0, PLAIN, 0.9, LEFT), Guess(1, 0, PLAIN, 0.9, RIGHT)]
    others = [Guess(1, 0, TURNING, 1.0, LEFT), Guess(7, 0, PLAIN, 1.0, LEFT), Guess(1, 9, PLAIN, 1.0, LEFT)]
    assert scores(two, *others, *right)["AR"] == 1.0


def test_a_target_without_an_instance_is_none(tmp_path: Path) -> None:
    folder = make_scored_set(
        tmp_path / "absent", {(1, 0): [Instance(PLAIN, LEFT)]}, [(1, 0, PLAIN, 2), (1, 0, TURNING, 1)]
    )
    assert scores(folder, Guess(1, 0, PLAIN, 0.9, LEFT))["AR"] == 1.0


@pytest.mark.parametrize(("turn", "obj_id", "expected"), [(1.0, TURNING, 1.0), (1.0, PLAIN, 0.0)])
def test_symmetric_turns_are_free(tmp_path: Path, turn: float, obj_id: int, expected: float) -> None:
    folder = make_scored_set(tmp_path / "turned", {(1, 0): [Instance(obj_id, LEFT)]}, [(1, 0, obj_id, 1)])
    report = bop_eval.evaluate(table(Guess(1, 0, obj_id, 0.9, LEFT, turn=turn)), folder)
    exact = report.errors["MSSD"].is_match[0, 0]  # the tightest threshold, 5 % of the diameter
    assert exact == bool(expected)


def test_errors_are_in_diameters_and_in_pixels_of_640(tmp_path: Path) -> None:
    folder = make_scored_set(tmp_path / "moved", {(1, 0): [Instance(PLAIN, LEFT)]}, [(1, 0, PLAIN, 1)])
    moved = (LEFT[0] + 4, *LEFT[1:])
    report = bop_eval.evaluate(table(Guess(1, 0, PLAIN, 0.9, moved)), folder)
    assert report.errors["MSSD"].errors[0] == pytest.approx(0.004 / DIAMETER_M)
    pixels = FOCAL * 4 / 390  # the nearest corners, 10 mm before the centre, move most
    assert report.errors["MSPD"].errors[0] == pytest.approx(pixels * 640 / WIDTH, rel=1e-5)
    below = int((report.errors["MSSD"].thresholds > 0.004 / DIAMETER_M).sum())
    assert report.figures["AR_MSSD"] == pytest.approx(below / 10)


def test_beyond_a_diameter_the_surface_is_infinitely_off(tmp_path: Path) -> None:
    folder = make_scored_set(tmp_path / "far", {(1, 0): [Instance(PLAIN, LEFT)]}, [(1, 0, PLAIN, 1)])
    near, far = (
        bop_eval.evaluate(table(Guess(1, 0, PLAIN, 0.9, (LEFT[0] + offset, *LEFT[1:]))), folder)
        for offset in (34.6, 34.7)
    )
    assert np.isfinite(near.errors["MSSD"].errors[0]) and np.isinf(far.errors["MSSD"].errors[0])
    assert np.isfinite(far.errors["MSPD"].errors[0])


@pytest.mark.parametrize(("name", "expected"), [("any", 1.0), ("itodd", 0.0)])
def test_the_tolerance_of_visibility_is_the_sets_own(tmp_path: Path, name: str, expected: float) -> None:
    """Measured depth 10 mm before the cube: within 15 mm it is visible, within ITODD's 5 mm it is hidden."""
    folder = make_scored_set(
        tmp_path / name, {(1, 0): [Instance(PLAIN, (0.0, 0, 400))]}, [(1, 0, PLAIN, 1)], depth_mm=380
    )
    assert scores(folder, Guess(1, 0, PLAIN, 0.9, (0.0, 0, 400)))["AR_VSD"] == expected


def test_missing_depth_counts_as_visible(tmp_path: Path) -> None:
    folder = make_scored_set(
        tmp_path / "missing", {(1, 0): [Instance(PLAIN, (0.0, 0, 400))]}, [(1, 0, PLAIN, 1)], depth_mm=0
    )
    assert scores(folder, Guess(1, 0, PLAIN, 0.9, (0.0, 0, 400)))["AR_VSD"] == 1.0


def test_unknown_times_have_no_mean(two: Path) -> None:
    report = bop_eval.evaluate(table(Guess(1, 0, PLAIN, 0.9, LEFT, time_s=-1.0)), two)
    assert report.mean_time_s == -1.0


def test_poses_behind_and_through_the_camera_are_wrong_not_fatal(two: Path) -> None:
    guesses = [Guess(1, 0, PLAIN, 0.9, (0.0, 0, -400)), Guess(1, 0, PLAIN, 0.8, (0.0, 0, 5))]
    assert scores(two, *guesses)["AR"] == 0.0


def test_the_report_lists_the_matches(two: Path) -> None:
    report = bop_eval.evaluate(
        table(Guess(1, 0, PLAIN, 0.5, (LEFT[0] + 2, 0, 400)), Guess(1, 0, PLAIN, 0.9, RIGHT)), two
    )
    matches = report.to_json()["matches"]
    assert [(match["row"], match["gt_id"]) for match in matches] == [(0, 0), (1, 1)]
    assert matches[1]["MSSD"] == 0 and matches[1]["MSPD_passed"] == 10
    assert matches[1]["VSD_passed"] == [10] * 10
    assert len(report.pairs.row) == 4
