"""The rules of the detection task, each on a set made by hand."""

from pathlib import Path

import pytest

import bop_eval
from bop_eval.report import Report
from objpose.errors import InputError
from tests.bop_eval.scored_set import PLAIN, TURNING, Guess, Instance, make_scored_set, table

LEFT, MIDDLE, RIGHT, FAR = (-60.0, 0, 400), (0.0, 0, 400), (60.0, 0, 400), (0.0, 0, 900)


def report_of(folder: Path, *guesses: Guess) -> Report:
    return bop_eval.evaluate(table(*guesses), folder, task="detection")


def guess(score: float, t: tuple[float, float, float], obj_id: int = PLAIN, im_id: int = 0) -> Guess:
    return Guess(1, im_id, obj_id, score, t)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two instances in one image; the list of localization targets asks for one only."""
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(PLAIN, RIGHT)]}
    return make_scored_set(tmp_path / "two", images, [(1, 0, PLAIN, 1)])


def test_all_instances_are_to_be_found(two: Path) -> None:
    assert set(report_of(two, guess(0.9, LEFT), guess(0.8, RIGHT)).figures.values()) == {1.0}
    assert report_of(two, guess(0.9, LEFT)).figures["AP"] == pytest.approx(51 / 101)
    assert set(report_of(two).figures.values()) == {0.0}


def test_wrong_detections_cost_precision_by_their_score(two: Path) -> None:
    right = [guess(0.9, LEFT), guess(0.8, RIGHT)]
    assert report_of(two, *right, guess(0.1, FAR)).figures["AP"] == 1.0
    assert report_of(two, *right, guess(1.0, FAR)).figures["AP"] == pytest.approx(2 / 3)
    assert report_of(two, *right, guess(1.0, LEFT)).figures["AP"] < 1.0  # found twice is wrong once


def test_hardly_visible_instances_are_ignored_with_their_detections(tmp_path: Path) -> None:
    images = {(1, 0): [Instance(PLAIN, LEFT, visible=0.0999), Instance(PLAIN, RIGHT, visible=0.1)]}
    folder = make_scored_set(tmp_path / "hidden", images, [])
    for guesses in ([guess(0.8, RIGHT)], [guess(0.9, LEFT), guess(0.8, RIGHT)]):
        report = report_of(folder, *guesses)
        assert report.figures["AP"] == 1.0 and report.targets == {PLAIN: 1}
    assert report_of(folder, guess(0.9, MIDDLE), guess(0.8, RIGHT)).figures["AP"] == pytest.approx(0.5)


def test_an_object_without_a_visible_instance_has_no_part_in_the_mean(tmp_path: Path) -> None:
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(TURNING, RIGHT, visible=0.05)]}
    folder = make_scored_set(tmp_path / "part", images, [])
    assert report_of(folder, guess(0.9, LEFT)).figures["AP"] == 1.0


def test_objects_count_alike_however_many_instances(tmp_path: Path) -> None:
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(PLAIN, RIGHT), Instance(TURNING, MIDDLE)]}
    folder = make_scored_set(tmp_path / "mean", images, [])
    report = report_of(folder, guess(0.9, MIDDLE, TURNING))
    assert report.figures["AP"] == 0.5
    assert report.per_object[TURNING]["AP"] == 1.0 and report.per_scene[1]["AP"] == 0.5


def test_detections_of_objects_that_are_not_in_the_image_do_not_count(two: Path) -> None:
    """So the toolkit does: it looks for each image's true objects only."""
    others = [guess(1.0, LEFT, TURNING), guess(1.0, LEFT, im_id=9)]
    assert report_of(two, *others, guess(0.9, LEFT), guess(0.8, RIGHT)).figures["AP"] == 1.0


@pytest.mark.parametrize(("name", "expected"), [("any", 0.0), ("xyzibd", 1 / 101)])
def test_an_image_has_a_hundred_estimates(tmp_path: Path, name: str, expected: float) -> None:
    """The right one is the 101st by score; XYZ-IBD allows 200."""
    folder = make_scored_set(tmp_path / name, {(1, 0): [Instance(PLAIN, LEFT)]}, [])
    wrong = [guess(0.9, FAR)] * 100
    report = report_of(folder, *wrong, guess(0.8, LEFT))
    assert report.figures["AP"] == pytest.approx(expected)
    assert report.estimates == (101 if name == "xyzibd" else 100)


def test_the_limit_is_for_all_objects_of_an_image_together(tmp_path: Path) -> None:
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(TURNING, RIGHT)]}
    folder = make_scored_set(tmp_path / "together", images, [])
    report = report_of(folder, *[guess(0.9, FAR, TURNING)] * 100, guess(0.8, LEFT))
    assert report.per_object[PLAIN]["AP"] == 0.0


def test_thresholds_in_millimetres(tmp_path: Path) -> None:
    """7 mm off: within 8, 10, ... 20 mm, which are 7 of the 10 thresholds."""
    folder = make_scored_set(tmp_path / "mm", {(1, 0): [Instance(PLAIN, LEFT)]}, [])
    report = report_of(folder, guess(0.9, (LEFT[0] + 7, 0, 400)))
    assert report.figures["AP_MSSD_MM"] == pytest.approx(0.7)
    assert report.bop["bop25_mAP_mm"] == report.figures["AP_MSSD_MM"]
    assert report.bop["bop25_mAP"] == report.figures["AP_MSSD"] != report.figures["AP_MSPD"]
    assert report.figures["AP"] == pytest.approx((report.figures["AP_MSSD"] + report.figures["AP_MSPD"]) / 2)


def test_detection_needs_no_depth(two: Path) -> None:
    for picture in (two / "test" / "000001" / "depth").iterdir():
        picture.unlink()
    assert report_of(two, guess(0.9, LEFT), guess(0.8, RIGHT)).figures["AP"] == 1.0
    with pytest.raises(InputError, match="no depth image"):
        bop_eval.evaluate(table(guess(0.9, LEFT)), two)
