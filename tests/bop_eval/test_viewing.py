"""`bop-eval view`: the cases from the worst on, each where it is and where it was put."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bop_eval.cli import cli
from bop_eval.datasets import EvaluationSet, open_test_set
from bop_eval.evaluation import evaluate
from bop_eval.page.worst import worst_pairs
from bop_eval.viewing import CasePanel
from objpose.errors import InputError
from objpose.io import write_bop_table
from tests.bop_eval.scored_set import PLAIN, TURNING, Guess, Instance, make_scored_set, table

LEFT, RIGHT = (-20.0, 0.0, 400.0), (60.0, 0.0, 400.0)
OFF = (75.0, 0.0, 400.0)  # 15 mm beside the truth


@pytest.fixture
def scored(tmp_path: Path) -> EvaluationSet:
    images = {(1, 0): [Instance(PLAIN, LEFT), Instance(TURNING, RIGHT)], (1, 1): [Instance(TURNING, LEFT)]}
    targets = [(1, 0, PLAIN, 1), (1, 0, TURNING, 1), (1, 1, TURNING, 1)]
    return open_test_set(make_scored_set(tmp_path / "set", images, targets, depth_mm=400.0))


def test_the_worst_comes_first_and_stands_where_it_was_put(scored: EvaluationSet) -> None:
    pytest.importorskip("viser", reason="the web viewer is optional")
    from objpose.viewing.server import start_server

    found = table(Guess(1, 0, PLAIN, 0.9, LEFT), Guess(1, 0, TURNING, 0.8, OFF))
    report = evaluate(found, scored, "localization")
    pairs = worst_pairs(report)
    assert [int(report.pairs.obj_id[pair]) for pair, _ in pairs] == [TURNING, PLAIN]
    assert pairs[0][1] < 1.0 == pairs[1][1]
    server = start_server(0)
    try:
        panel = CasePanel(server, report, found, scored, pairs)
        _, truth, estimate = panel.handles
        np.testing.assert_allclose(truth.position, np.array(RIGHT) / 1000, atol=1e-6)
        np.testing.assert_allclose(estimate.position, np.array(OFF) / 1000, atol=1e-6)
        assert panel.pictures.content.count("<img") == 3
        panel.show(1)
        np.testing.assert_allclose(panel.handles[2].position, np.array(LEFT) / 1000, atol=1e-6)
        assert "Passes **100 %**" in panel.words.content
    finally:
        server.stop()


def test_results_without_anything_to_compare_are_refused(scored: EvaluationSet, tmp_path: Path) -> None:
    write_bop_table(tmp_path / "results.csv", table(Guess(1, 1, PLAIN, 0.9, LEFT)))
    arguments = ["view", str(tmp_path / "results.csv"), "--dataset", str(scored.root)]
    outcome = CliRunner().invoke(cli, arguments)
    assert isinstance(outcome.exception, InputError)
    assert outcome.exception.found == "no estimate of an object that its image shows"
