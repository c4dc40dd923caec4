"""Runs on Ray give what a run in one process gives, also when workers and nodes die."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bop_eval import evaluate
from bop_eval.journal import ImageRecord, Journal, journal_path
from bop_eval.methods import METHODS
from bop_eval.ray_session import ClusterSettings
from bop_eval.runner import RunSettings, run
from objpose.errors import InputError
from objpose.io import read_bop_table
from tests.bop_eval import cluster_methods
from tests.bop_eval.scored_set import PLAIN, TURNING, Guess, Instance, make_scored_set, table

STARTS_RAY = pytest.mark.slow("starts a cluster: seconds before the first image")


def estimates(path: Path) -> list[str]:
    """The lines without their times."""
    return [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]


@pytest.fixture
def expected(settings: RunSettings) -> list[str]:
    """What one process writes."""
    alone = replace(settings, out=settings.out.with_name("alone.csv"))
    run(alone)
    return estimates(alone.out)


@pytest.fixture(autouse=True)
def _methods(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, method in cluster_methods.METHODS.items():
        monkeypatch.setitem(METHODS, name, method)


def test_without_ray_the_cure_is_named(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"no Ray, expected the package ray; .*objpose\[cluster\]"):
        run(replace(settings, workers=2))
    assert not journal_path(settings.out).exists()


@STARTS_RAY
def test_the_same_as_in_one_process(settings: RunSettings, expected: list[str]) -> None:
    pytest.importorskip("ray")
    summary = run(replace(settings, method="plain", workers=2))
    assert estimates(settings.out) == expected and summary.images == 24
    assert not journal_path(settings.out).exists()


@STARTS_RAY
def test_a_killed_worker_loses_nothing(settings: RunSettings, expected: list[str]) -> None:
    pytest.importorskip("ray")
    run(replace(settings, method="once", workers=2))
    assert (settings.templates / "died").exists()
    assert estimates(settings.out) == expected


@STARTS_RAY
def test_an_image_that_kills_every_worker_ends_the_run(settings: RunSettings, expected: list[str]) -> None:
    """Then what is done stays in the journal, and another method can go on."""
    pytest.importorskip("ray")
    with pytest.raises(RuntimeError, match="3 workers died over scene 1 image 4"):
        run(replace(settings, method="always", workers=2))
    assert journal_path(settings.out).exists()


@STARTS_RAY
def test_what_a_method_refuses_is_reported_as_without_ray(settings: RunSettings) -> None:
    pytest.importorskip("ray")
    with pytest.raises(InputError, match="templates: found another object"):
        run(replace(settings, method="refuse", workers=2))


@STARTS_RAY
@pytest.mark.parametrize("task", ["localization", "detection"])
def test_scores_are_the_same(tmp_path: Path, task: str) -> None:
    pytest.importorskip("ray")
    places = [(float(x), 0.0, 400.0) for x in (-60, 0, 60)]
    images = {(1, i): [Instance(PLAIN, places[i % 3]), Instance(TURNING, places[i % 2])] for i in range(6)}
    targets = [(1, i, obj_id, 1) for i in range(6) for obj_id in (PLAIN, TURNING)]
    folder = make_scored_set(tmp_path / "cubes", images, targets, depth_mm=420)
    found = [(i, j, obj_id) for i in range(6) for j, obj_id in enumerate((PLAIN, TURNING))]
    guesses = [Guess(1, i, obj_id, 0.9 - 0.1 * i, places[j]) for i, j, obj_id in found]
    alone = evaluate(table(*guesses), folder, task)
    spread = evaluate(table(*guesses), folder, task, cluster=ClusterSettings(workers=2))
    assert spread.figures == alone.figures and 0 < alone.figures[next(iter(alone.figures))] < 1
    for name, error in alone.errors.items():
        np.testing.assert_allclose(spread.errors[name].errors, error.errors, rtol=1e-12)
    (folder / "test" / "000001" / "depth" / "000003.png").unlink()
    if task == "localization":
        with pytest.raises(InputError, match="image 3: found no depth image"):
            evaluate(table(*guesses), folder, task, cluster=ClusterSettings(workers=2))


@STARTS_RAY
def test_a_cluster_loses_a_node(
    settings: RunSettings, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two nodes on this machine; one is killed in the middle of the run."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    add, added = Journal.add, []
    try:
        node = cluster.add_node(num_cpus=1)

        def add_and_kill(journal: Journal, record: ImageRecord) -> None:
            add(journal, record)
            added.append(record)
            if len(added) == 7:
                cluster.remove_node(node, allow_graceful=False)

        monkeypatch.setattr(Journal, "add", add_and_kill)
        run(replace(settings, method="slow", ray=cluster.address))
        assert len(added) == 24
        assert estimates(settings.out) == expected
        assert len(read_bop_table(settings.out)) == 96
    finally:
        cluster.shutdown()


@STARTS_RAY
def test_workers_share_a_gpu(settings: RunSettings, expected: list[str]) -> None:
    """Three on one that Ray takes to be there: all have a place, and each is told which is its own."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 4, "num_gpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        run(replace(settings, method="placed", ray=cluster.address, workers=3))
        assert estimates(settings.out) == expected
        places = [line.split() for line in (settings.templates / "places").read_text().splitlines()]
        assert [gpu for _, gpu in places] == ["0"] * 3 and len({process for process, _ in places}) == 3
    finally:
        cluster.shutdown()
