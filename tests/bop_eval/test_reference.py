"""The scores of BOP's own toolkit on a photoreal set, and the ground truth scored against itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from bop_eval import evaluate
from bop_eval.datasets import open_test_set
from bop_eval.perfect import perfect_results, write_perfect

EXACT = 1e-6


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> Path:
    return shared_data / "bop_eval_reference"


@pytest.mark.parametrize("task", ["localization", "detection"])
@pytest.mark.parametrize("name", ["noisy", "exact"])
def test_the_toolkits_scores(shared_data: Path, reference: Path, name: str, task: str) -> None:
    expected = json.loads((reference / "expected.json").read_text())[name]
    report = evaluate(reference / f"{name}_desk-test.csv", shared_data / "desk", task)
    assert len(report.bop) == (4 if task == "localization" else 6)
    for figure, value in report.bop.items():
        assert value == pytest.approx(expected[figure], abs=EXACT if name == "noisy" else 0), figure
    version = "bop19" if task == "localization" else "bop24"
    assert report.mean_time_s == pytest.approx(expected[f"{version}_average_time_per_image"], abs=EXACT)


@pytest.mark.parametrize("task", ["localization", "detection"])
def test_the_truth_scores_one(shared_data: Path, tmp_path: Path, task: str) -> None:
    test_set = open_test_set(shared_data / "desk")
    assert write_perfect(test_set, tmp_path / "perfect_desk-test.csv") == len(perfect_results(test_set))
    report = evaluate(tmp_path / "perfect_desk-test.csv", test_set, task)
    assert set(report.figures.values()) == {1.0}
    assert {value for figures in report.per_scene.values() for value in figures.values()} == {1.0}
    for error in report.errors.values():
        assert np.nanmin(error.errors) == 0.0


def test_a_real_frame_scores_one_against_itself(shared_data: Path, tmp_path: Path) -> None:
    """LM-O's: sensor depth, and a target that is almost hidden."""
    test_set = open_test_set(shared_data / "lmo_frame", name="lmo")
    write_perfect(test_set, tmp_path / "perfect.csv")
    assert set(evaluate(tmp_path / "perfect.csv", test_set).figures.values()) == {1.0}
