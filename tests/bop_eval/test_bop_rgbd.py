"""Method "rgbd" on a real frame: both targets found, templates kept and checked, one result for one seed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bop_eval.runner import RunSettings, RunSummary, run
from objpose.errors import InputError
from objpose.io import BopDataset, BopResult, read_bop_csv


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Onboarded by the first run."""
    return tmp_path_factory.mktemp("templates")


def settings_of(shared_data: Path, out: Path, templates: Path) -> RunSettings:
    root = shared_data / "lmo_frame"
    return RunSettings(root, "rgbd", root / "detections.json", out, templates=templates)


@pytest.fixture(scope="module")
def first_run(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory, templates: Path
) -> tuple[RunSettings, RunSummary]:
    settings = settings_of(shared_data, tmp_path_factory.mktemp("first") / "results.csv", templates)
    return settings, run(settings)


@pytest.fixture
def real_settings(shared_data: Path, tmp_path: Path, templates: Path) -> RunSettings:
    return settings_of(shared_data, tmp_path / "results.csv", templates)


def add_error(row: BopResult, dataset: BopDataset) -> float:
    """Mean distance of the vertices between the estimated and the true pose, in diameters."""
    [gt] = [gt for gt in dataset.image(row.scene_id, row.im_id).gts if gt.obj_id == row.obj_id]
    vertices = dataset.mesh(row.obj_id).vertices.double()
    moved = row.cam_from_obj.apply_points(vertices) - gt.cam_from_obj.apply_points(vertices)
    return float(moved.norm(dim=-1).mean()) / dataset.models_info[row.obj_id].diameter


def test_both_targets_are_found(first_run: tuple[RunSettings, RunSummary], templates: Path) -> None:
    settings, summary = first_run
    rows = read_bop_csv(settings.out)
    dataset = BopDataset(settings.dataset_dir)
    best = {obj_id: next(row for row in rows if row.obj_id == obj_id) for obj_id in (5, 6)}
    assert all(add_error(row, dataset) < 0.1 for row in best.values())
    assert summary.problems == () and all(0 <= row.score <= 1 for row in rows)
    assert sorted(path.name for path in templates.iterdir()) == ["obj_000005", "obj_000006"]


def test_kept_templates_give_the_same_result(
    first_run: tuple[RunSettings, RunSummary], real_settings: RunSettings
) -> None:
    """As the run that made them."""
    run(real_settings)
    made, kept = (
        [row.cam_from_obj.wxyz_xyz.tolist() for row in read_bop_csv(settings.out)]
        for settings in (first_run[0], real_settings)
    )
    assert made == kept


def test_templates_of_another_object_are_refused(
    real_settings: RunSettings, templates: Path, tmp_path: Path
) -> None:
    shutil.copytree(templates / "obj_000005", tmp_path / "swapped" / "obj_000006")
    shutil.copytree(templates / "obj_000005", tmp_path / "swapped" / "obj_000005")
    with pytest.raises(InputError, match="obj_000006: found an object of diameter 0.20"):
        run(replace(real_settings, templates=tmp_path / "swapped"))
    assert not real_settings.out.exists()
