"""A run writes every target's estimates in order, and says what is wrong with its input."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bop_eval.journal import journal_path
from bop_eval.methods import METHODS, Estimate, MaskedObject, MethodSettings
from bop_eval.runner import RunSettings, run
from objpose.errors import InputError, InputWarning
from objpose.geometry import SE3
from objpose.io import BopDataset, BopImage, read_bop_csv
from tests.bop_set import mask_counts


def test_rows_follow_the_targets_and_the_scores(settings: RunSettings) -> None:
    summary = run(settings)
    rows = read_bop_csv(settings.out)
    targets = BopDataset(settings.dataset_dir).targets()
    expected = [(t.scene_id, t.im_id, t.obj_id, score) for t in targets for score in (0.5, 0.1)]
    assert [(row.scene_id, row.im_id, row.obj_id, row.score) for row in rows] == expected
    assert (summary.images, summary.estimates, summary.problems) == (24, len(rows), ())
    assert all(row.time_s >= 0 for row in rows)
    assert not journal_path(settings.out).exists()


def test_same_seed_same_poses_other_seed_other_poses(settings: RunSettings, tmp_path: Path) -> None:
    def poses(seed: int, name: str) -> list[list[float]]:
        run(replace(settings, seed=seed, out=tmp_path / name))
        return [row.cam_from_obj.wxyz_xyz.tolist() for row in read_bop_csv(tmp_path / name)]

    assert poses(0, "a.csv") == poses(0, "b.csv") != poses(1, "c.csv")


def test_at_most_one_more_detection_and_estimate_than_asked_for(
    settings: RunSettings, tmp_path: Path
) -> None:
    detections = json.loads(settings.detections.read_text())
    more = [{**d, "score": score} for d in detections for score in (0.2, 0.9, 0.4, 0.7)]
    path = tmp_path / "more.json"
    path.write_text(json.dumps(more))
    run(replace(settings, detections=path))
    rows = read_bop_csv(settings.out)
    assert [row.score for row in rows if (row.scene_id, row.im_id, row.obj_id) == (3, 0, 2)] == [0.9, 0.7]


def test_detections_of_no_target_are_refused_with_what_they_are_of(
    settings: RunSettings, tmp_path: Path
) -> None:
    path = tmp_path / "others.json"
    detections = json.loads(settings.detections.read_text())
    path.write_text(json.dumps([detection | {"category_id": 99} for detection in detections]))
    with pytest.raises(InputError, match="48 of 48 targets, .*, but of object 99 in image 0 of scene"):
        run(replace(settings, detections=path))
    assert not settings.out.exists()


def test_images_without_detections_or_with_empty_masks_have_no_rows(
    settings: RunSettings, tmp_path: Path
) -> None:
    detections = [d for d in json.loads(settings.detections.read_text()) if d["scene_id"] != 2]
    for detection in detections:
        if detection["scene_id"] == 1:
            detection["segmentation"]["counts"] = [24 * 32]
    path = tmp_path / "fewer.json"
    path.write_text(json.dumps(detections))
    with (
        pytest.warns(InputWarning, match="of 16 of 48 targets, as object 1 in image 0 of scene 2"),
        pytest.warns(InputWarning, match="16 of 32 masks empty"),
    ):
        summary = run(replace(settings, detections=path))
    assert {row.scene_id for row in read_bop_csv(settings.out)} == {3}
    assert summary.images == 24


def test_an_image_that_the_method_refuses_is_reported_and_the_rest_done(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_one(image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        if (image.scene_id, image.im_id) == (1, 4):
            raise InputError("depth", "0 everywhere", "some depth", "check it")
        return [Estimate(1, 1.0, SE3.identity())]

    monkeypatch.setitem(METHODS, "picky", lambda method_settings: refuse_one)
    summary = run(replace(settings, method="picky"))
    assert summary.problems == ("scene 1 image 4: depth: found 0 everywhere, expected some depth; check it",)
    assert len(read_bop_csv(settings.out)) == 23


def test_every_image_refused_is_an_error_and_leaves_nothing(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(image: BopImage, detections: list[MaskedObject]) -> list[Estimate]:
        raise InputError("depth", "0 everywhere", "some depth", "check it")

    monkeypatch.setitem(METHODS, "refusing", lambda method_settings: refuse)
    with pytest.raises(InputError, match="0 everywhere"):
        run(replace(settings, method="refusing"))
    assert list(settings.out.parent.iterdir()) == []


def test_methods_get_the_objects_of_the_targets(
    settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[MethodSettings] = []

    def make(method_settings: MethodSettings):
        seen.append(method_settings)
        return lambda image, detections: []

    monkeypatch.setitem(METHODS, "watching", make)
    run(replace(settings, method="watching", seed=5, templates=None))
    assert [(s.obj_ids, s.templates, s.seed) for s in seen] == [((1, 2), Path("templates/cubes"), 5)]


def test_masks_of_another_size_are_named(settings: RunSettings, tmp_path: Path) -> None:
    detections = json.loads(settings.detections.read_text())
    detections[3]["segmentation"] = {"size": [12, 32], "counts": [12 * 32]}
    path = tmp_path / "small.json"
    path.write_text(json.dumps(detections))
    with pytest.raises(
        InputError, match=r"small.json: \[3\].segmentation: found a mask of 32 x 12, expected 32 x 24"
    ):
        run(replace(settings, detections=path))


def test_runs_that_do_not_fill_the_mask_are_named(settings: RunSettings, tmp_path: Path) -> None:
    detections = json.loads(settings.detections.read_text())
    detections[2]["segmentation"]["counts"] = mask_counts(0, 30)[:2]
    path = tmp_path / "short.json"
    path.write_text(json.dumps(detections))
    with pytest.raises(InputError, match=r"short.json: \[2\].segmentation.counts: found runs of 30 pixels"):
        run(replace(settings, detections=path))


@pytest.mark.parametrize(
    "missing",
    ["test/000001/depth/000002.png", "test/000002/rgb/000000.png", "test/000001/scene_camera.json",
     "test_targets_bop19.json", "test/000003", "models"],
)  # fmt: skip
def test_a_set_with_a_missing_file_names_it(settings: RunSettings, tmp_path: Path, missing: str) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(settings.dataset_dir, damaged)
    path = damaged / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(InputError, match=path.stem.replace(".", r"\.")) as caught:
        run(replace(settings, dataset_dir=damaged))
    assert "; " in str(caught.value) and "\n" not in str(caught.value)
    assert not settings.out.exists()
