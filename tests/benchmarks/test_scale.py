"""The benchmarks of long runs, at their smallest size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bop_eval.datasets import open_test_set
from bop_eval.evaluation import evaluate
from bop_eval.perfect import write_perfect
from objpose.io import BopDataset, read_detections


@pytest.mark.slow("draws 21 objects, and scores them")
def test_the_set_is_one_of_bop(tmp_path: Path) -> None:
    import bop_set_at_scale

    root = bop_set_at_scale.make_set(tmp_path / "set", images=1)
    dataset = BopDataset(root, "test")
    assert len(dataset.models_info) == bop_set_at_scale.OBJECTS
    detections = read_detections(root / "detections.json")
    truths = json.loads((root / "test" / "000001" / "scene_gt.json").read_text())["0"]
    assert 5 <= len(detections) <= len(truths) == bop_set_at_scale.OBJECTS_AN_IMAGE
    out = tmp_path / "perfect_set-test.csv"
    write_perfect(open_test_set(root, "test"), out)
    assert evaluate(out, open_test_set(root, "test"), "localization").figures["AR"] == 1.0


@pytest.mark.slow("onboards an object")
def test_estimates_are_counted() -> None:
    import many_estimates

    found = many_estimates.run(count=20, width=96, method="rgbd")
    assert [count for count, _ in found] == list(range(2, 21, 2)) and all(mb > 1 for _, mb in found)


def test_rates_are_of_the_time_in_which_images_are_done() -> None:
    pytest.importorskip("psutil")
    import bop_at_scale

    seen = bop_at_scale.Seen()
    seen.marks = [(0.0, 0, 100.0), (10.0, 1, 110.0), (40.0, 3, 130.0), (70.0, 5, 150.0)]
    assert seen.rates() == (4.0, 10.0)
