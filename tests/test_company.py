"""An estimator in company: threads that share it, a process that is spawned, a clock that goes backwards."""

from __future__ import annotations

import ast
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from objpose import EstimatorOptions, PoseEstimate, PoseEstimator
from objpose.objects import ObjectModel
from tests.synthetic import REAL, Scene, assert_same_estimate, looking, make_scene, onboarded

REPOSITORY = Path(__file__).resolve().parent.parent
THREADS = 8
OF_THE_WALL = {("time", "time"), ("time", "localtime"), ("datetime", "now"), ("datetime", "today")}


def scene(view: int) -> Scene:
    return make_scene(onboarded("painted_blob").mesh, looking(view), REAL)


@pytest.mark.parametrize(
    "method", ["rgbd", pytest.param("rgb", marks=pytest.mark.slow("templates, and seconds an estimate"))]
)
def test_eight_threads_that_share_an_estimator_get_the_answers_of_one(method: str) -> None:
    scenes = [scene(view) for view in (1, 2)]
    estimator = PoseEstimator([onboarded("painted_blob")], EstimatorOptions(method=method))

    def find(view: int) -> PoseEstimate:
        [found] = estimator.estimate(scenes[view].frame, scenes[view].mask)
        return found

    alone = [find(view) for view in range(2)]
    assert not torch.equal(alone[0].cam_from_obj.wxyz_xyz, alone[1].cam_from_obj.wxyz_xyz)
    before = torch.get_num_threads()
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(find, [i % 2 for i in range(THREADS)]))
    assert torch.get_num_threads() == before
    for i, found in enumerate(together):
        assert_same_estimate(found, alone[i % 2])


def _spawned(folder: Path, told: Path) -> None:
    [found] = PoseEstimator([ObjectModel.load(folder)]).estimate(scene(1).frame, scene(1).mask)
    torch.save(found.cam_from_obj.wxyz_xyz, told)


@pytest.mark.slow("a new process loads all libraries again")
def test_a_spawned_process_gives_the_same_answer(tmp_path: Path) -> None:
    folder = onboarded("painted_blob").save(tmp_path / "blob")
    process = multiprocessing.get_context("spawn").Process(target=_spawned, args=(folder, tmp_path / "told"))
    process.start()
    process.join(300)
    assert process.exitcode == 0
    [here] = PoseEstimator([ObjectModel.load(folder)]).estimate(scene(1).frame, scene(1).mask)
    assert torch.equal(torch.load(tmp_path / "told", weights_only=True), here.cam_from_obj.wxyz_xyz)


def test_nothing_asks_for_the_time_of_day() -> None:
    """Clocks on the wall are set back; times of frames are their own, and seconds are counted by a timer."""
    asked = []
    files = [*(REPOSITORY / "objpose").rglob("*.py"), *(REPOSITORY / "bop_eval").rglob("*.py")]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if (node.value.id, node.attr) in OF_THE_WALL:
                    asked.append(f"{file}: line {node.lineno}")
            elif isinstance(node, ast.ImportFrom) and node.module == "time":
                asked += [f"{file}: line {node.lineno}" for name in node.names if name.name == "time"]
    assert len(files) > 100 and not asked
