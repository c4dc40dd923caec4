"""`bop-eval run --device`: what it asks of the estimator, of this machine, and of a cluster's GPUs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import objpose
from bop_eval import cluster
from bop_eval.cli import cli
from bop_eval.cluster import run_on_ray
from bop_eval.estimator_method import EstimatorMethod
from bop_eval.journal import journal_path
from bop_eval.methods import METHODS, MethodSettings
from bop_eval.ray_session import ClusterSettings, gpu_share
from bop_eval.runner import RunSettings, run
from objpose.errors import InputError
from objpose.io import BopDataset
from objpose.raster import backend_status


def cluster_of(**resources: float) -> SimpleNamespace:
    return SimpleNamespace(cluster_resources=lambda: resources)


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda"])
def test_the_estimator_is_asked_for_the_device(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    asked = []
    options = objpose.EstimatorOptions
    monkeypatch.setattr(
        objpose, "EstimatorOptions", lambda **given: (asked.append(given), options(**given))[1]
    )
    dataset = BopDataset(settings.dataset_dir)
    EstimatorMethod(MethodSettings(dataset, (), settings.templates, seed=3, device=device), "rgbd")
    assert asked == [{"method": "rgbd", "seed": 3, "device": device}]


def test_the_command_hands_the_device_on(settings: RunSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[MethodSettings] = []
    seeded = METHODS["seeded"]
    monkeypatch.setitem(METHODS, "seeded", lambda found: (made.append(found), seeded(found))[1])
    command = ["run", str(settings.dataset_dir), "--method", "seeded", "--out", str(settings.out)]
    done = CliRunner().invoke(cli, [*command, "--device", "cpu"], catch_exceptions=False)
    assert done.exit_code == 0 and [found.device for found in made] == ["cpu"]


def test_a_device_that_cannot_be_used_ends_the_run_before_it_begins(settings: RunSettings) -> None:
    if backend_status()["cuda"]["available"]:
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(InputError, match="device: found 'cuda': .*objpose doctor"):
        run(replace(settings, device="cuda"))
    with pytest.raises(InputError, match="device: found 'gpu', expected auto, cpu, cuda"):
        run(replace(settings, device="gpu"))
    assert not journal_path(settings.out).exists()


def test_half_a_run_on_another_device_is_no_half_of_this_one(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = lambda found: lambda image, detections: 1 / 0 if image.im_id == 4 else []  # noqa: E731
    monkeypatch.setitem(METHODS, "broken", broken)
    with pytest.raises(ZeroDivisionError):
        run(replace(settings, method="broken", device="cpu"))
    with pytest.raises(InputError, match="device"):
        run(replace(settings, method="broken", device="auto", resume=True))


@pytest.mark.parametrize(
    ("workers", "gpus", "device", "most"),
    [(1, 1, "cuda", 1), (4, 1, "auto", 4), (3, 2, "cuda", 2), (2, 4, "auto", 1), (7, 2, "auto", 4)],
)
def test_all_workers_find_a_place_on_the_gpus(workers: int, gpus: int, device: str, most: int) -> None:
    """`most` on one GPU: Ray lets no worker use parts of two."""
    share = gpu_share(cluster_of(GPU=gpus, CPU=64), workers, device)
    assert most * share <= 1 < (most + 1) * share
    assert most * gpus >= workers


def test_without_gpus_workers_ask_for_none_unless_cuda_was_asked_for() -> None:
    assert gpu_share(cluster_of(CPU=8), 4, "auto") == 0
    assert gpu_share(cluster_of(CPU=8, GPU=2), 4, "cpu") == 0
    with pytest.raises(InputError, match="--device: found no GPU in Ray's cluster"):
        gpu_share(cluster_of(CPU=8), 4, "cuda")


def test_workers_see_their_own_gpu_alone(settings: RunSettings) -> None:
    with pytest.raises(InputError, match="--device: found 'cuda:1', expected one of auto, cpu, cuda"):
        run(replace(settings, workers=2, device="cuda:1"))


@pytest.mark.parametrize(("device", "expected"), [("auto", (2, 1.0)), ("cpu", (8, 0.0)), ("cuda", (2, 1.0))])
def test_a_worker_for_each_gpu_or_cpu(
    monkeypatch: pytest.MonkeyPatch, settings: RunSettings, device: str, expected: tuple[int, float]
) -> None:
    """Where no number is given; with Ray's cluster pretended."""
    asked, ended = {}, []

    def remote(**options: float) -> object:
        asked.update(options)
        return lambda worker: SimpleNamespace(remote=None)

    ray = cluster_of(GPU=2, CPU=8)
    ray.init, ray.shutdown, ray.remote = lambda **_: None, lambda: ended.append(True), remote
    monkeypatch.setitem(__import__("sys").modules, "ray", ray)
    workers: list[int] = []

    class Schedule:
        def __init__(self, *_: object) -> None: ...

        def records(self, count: int) -> list[object]:
            workers.append(count)
            return []

    monkeypatch.setattr(cluster, "_Schedule", Schedule)
    method = MethodSettings(BopDataset(settings.dataset_dir), (), settings.templates, seed=0)
    place = ClusterSettings(address="somewhere", device=device)
    assert list(run_on_ray([], METHODS["seeded"], method, place)) == [] and ended
    assert (workers, asked["num_gpus"]) == ([expected[0]], expected[1])
