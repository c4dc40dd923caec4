"""Intervals and paired tests: laws of the draws, and their cover on problems whose answer is known."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import bop_eval
from bop_eval.bootstrap import Interval, drawn_counts, drawn_images, interval, two_sided_p
from bop_eval.cli import main
from bop_eval.comparison import differences
from bop_eval.datasets import open_test_set
from bop_eval.page import write_page
from objpose.errors import InputError
from objpose.io import write_bop_table
from tests.bop_eval.scored_set import PLAIN, TURNING, Guess, Instance, make_scored_set, table

PLACES = [(-60.0, 0, 400), (60.0, 0, 400)]


def test_whole_clusters_are_drawn_as_many_as_there_are() -> None:
    clusters = ["a", "a", "b", "c", "c", "c"]
    counts = drawn_counts(clusters, samples=200, seed=3)
    assert counts.shape == (200, 6)
    assert (counts[:, 0] == counts[:, 1]).all() and (counts[:, 3:] == counts[:, 3:4]).all()
    assert (counts[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert (counts == drawn_counts(clusters, samples=200, seed=3)).all()
    assert (counts != drawn_counts(clusters, samples=200, seed=4)).any()


def test_the_interval_of_a_mean_covers_it() -> None:
    """Of a hundred samples of forty, the 95 % interval of the mean holds the truth about 95 times."""
    random = np.random.default_rng(0)
    covered = 0
    for seed in range(100):
        values = random.normal(1, 2, 40)
        counts = drawn_counts(range(40), samples=300, seed=seed)
        found = interval((counts * values).sum(axis=1) / 40)
        covered += found.low <= 1 <= found.high
    assert 88 <= covered <= 99


def test_p_values_are_even_without_a_difference_and_small_with_one() -> None:
    random = np.random.default_rng(1)
    found: dict[float, list[float]] = {0.0: [], 1.5: []}
    for shift, values in found.items():
        for seed in range(60):
            apart = random.normal(shift, 2, 40)
            counts = drawn_counts(range(40), samples=300, seed=seed)
            values.append(two_sided_p((counts * apart).sum(axis=1)))
    assert np.mean(np.array(found[0.0]) < 0.05) < 0.15 and 0.35 < np.median(found[0.0]) < 0.65
    assert np.mean(np.array(found[1.5]) < 0.05) > 0.9


def test_one_cluster_tells_nothing() -> None:
    images = [SimpleNamespace(scene_id=1, im_id=i) for i in range(3)]
    with pytest.raises(InputError, match="1 cluster"):
        drawn_images(images, "scene")
    assert drawn_images(images, "image").what == "3 images"
    assert drawn_images(images, None).counts is None
    with pytest.raises(InputError, match="one of scene, image"):
        drawn_images(images, "object")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = {
        (s, i): [Instance(PLAIN, PLACES[0]), Instance(TURNING, PLACES[1])]
        for s in range(1, 10)
        for i in (0, 1)
    }
    targets = [(s, i, obj_id, 1) for s, i in images for obj_id in (PLAIN, TURNING)]
    return make_scored_set(tmp_path / "many", images, targets)


def guesses(wrong_scenes: set[int], by_mm: float = 300) -> list[Guess]:
    return [
        Guess(
            s, i, obj_id, 0.9 - 0.01 * s, (place[0], place[1] + (by_mm if s in wrong_scenes else 0), place[2])
        )
        for s in range(1, 10)
        for i in (0, 1)
        for obj_id, place in ((PLAIN, PLACES[0]), (TURNING, PLACES[1]))
    ]


@pytest.mark.parametrize("task", ["localization", "detection"])
def test_a_draw_scores_as_the_set_it_draws(folder: Path, task: str) -> None:
    """Each sample is the score of the images drawn, as often as drawn: here by counting."""
    report = bop_eval.evaluate(table(*guesses({1, 2, 3})), folder, task, bootstrap="scene", seed=5)
    figure = "AR" if task == "localization" else "AP_MSSD"
    counts = drawn_counts([s for s in range(1, 10) for _ in (0, 1)], seed=5)
    right = counts[:, 6:].sum(axis=1) / counts.sum(axis=1)
    if task == "localization":
        np.testing.assert_allclose(report.samples[figure], right, atol=1e-12)
    else:
        assert np.corrcoef(report.samples[figure], right)[0, 1] > 0.98
    low, high = report.intervals[figure].low, report.intervals[figure].high
    assert low < report.figures[figure] < high and report.drawn == "9 scenes"


def test_precision_with_counts_is_that_of_repeated_detections() -> None:
    random = np.random.default_rng(2)
    scores, counts = random.permutation(30) / 30, random.integers(0, 4, 30)
    is_true, is_ignored = random.random((30, 2)) < 0.5, np.zeros((30, 2), bool)
    is_ignored[::7] = ~is_true[::7]
    expected = bop_eval.average_precision(
        np.repeat(scores, counts),
        np.repeat(is_true, counts, axis=0),
        np.repeat(is_ignored, counts, axis=0),
        60,
    )
    from bop_eval.scores import average_precision

    np.testing.assert_allclose(
        average_precision(scores, is_true, is_ignored, 60, counts), expected, atol=1e-12
    )


def test_pairs_of_submissions_are_told_apart_where_they_differ(folder: Path) -> None:
    reports = [
        bop_eval.evaluate(table(*guesses(wrong)), folder, bootstrap="scene")
        for wrong in (set(), {1, 2, 3, 4, 5, 6, 7}, {2, 3, 4, 5, 6, 7, 8})
    ]
    found = {(one.first, one.second): one for one in differences(reports, "AR")}
    assert found[0, 1].value == pytest.approx(7 / 9) and found[0, 1].p < 0.01
    assert found[0, 1].interval.low > 0.3
    assert found[1, 2].value == pytest.approx(0) and found[1, 2].p > 0.5
    alone = differences(reports[:2], "AR")[0]
    assert alone.p <= found[0, 1].p  # three pairs are three chances
    with pytest.raises(ValueError, match="same draws"):
        differences([reports[0], bop_eval.evaluate(table(*guesses(set())), folder)], "AR")


def test_the_page_shows_ranges_and_differences(folder: Path, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}_many-test.csv" for name in ("good", "bad")]
    for path, wrong in zip(paths, (set(), {1, 2, 3, 4, 5, 6, 7}), strict=True):
        write_bop_table(path, table(*guesses(wrong)))
    page = write_page(paths, open_test_set(folder), tmp_path / "out").read_text()
    assert "95 % of the draws of 9 scenes" in page and page.count('class="range"') == 16
    assert "+0.7778" in page and ">told apart<" in page


def test_the_command_prints_the_intervals(folder: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    path = tmp_path / "r.csv"
    write_bop_table(path, table(*guesses({1})))
    arguments = ["score", path, "--dataset", folder, "--bootstrap", "scene"]
    monkeypatch.setattr(sys, "argv", ["bop-eval", *map(str, arguments)])
    main()
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("95 %"))
    assert line.startswith("95 % of draws of 9 scenes") and "0.667..1.000" in line


def test_an_interval_of_no_draw_is_unknown() -> None:
    assert np.isnan([interval(np.array([np.nan])).low, interval(np.array([])).high]).all()
    assert interval(np.array([1.0, np.nan, 1.0])) == Interval(1.0, 1.0)
