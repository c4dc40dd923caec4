"""BOP sets: units, symmetries, layouts, real sets, and every missing or malformed file named."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from objpose.errors import InputError
from objpose.geometry import SE3, SO3, ContinuousSymmetry, Symmetry
from objpose.io import BopDataset, BopTarget, read_detections, symmetry_from_bop, write_image
from tests.bop_set import HEIGHT, IMAGES, WIDTH, K, make_bop_set, mask_counts, put_json


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_bop_set(tmp_path / "cubes")


def test_models_are_in_meters(root: Path) -> None:
    dataset = BopDataset(root)
    info = dataset.models_info[2]
    assert dataset.object_ids == [1, 2] and dataset.name == "cubes"
    assert info.diameter == pytest.approx(0.02 * 3**0.5)
    np.testing.assert_allclose(info.bounds, [[-0.01] * 3, [0.01] * 3])
    assert dataset.mesh(2).diameter() == pytest.approx(info.diameter)


def test_symmetries_are_in_meters_and_hold_the_identity(root: Path) -> None:
    infos = BopDataset(root).models_info
    assert infos[1].symmetry.is_trivial
    symmetry = infos[2].symmetry
    half_turn = torch.diag(torch.tensor([-1.0, -1, 1, 1]))
    half_turn[0, 3] = 0.0015
    torch.testing.assert_close(symmetry.discrete.matrix(), torch.stack([torch.eye(4), half_turn]))
    [continuous] = symmetry.continuous
    torch.testing.assert_close(continuous.axis, torch.tensor([0.0, 0, 1]))
    torch.testing.assert_close(continuous.offset, torch.tensor([0.001, 0.002, 0.003]))


def test_images_are_in_meters(root: Path) -> None:
    dataset = BopDataset(root)
    assert dataset.image_ids() == IMAGES
    image = dataset.image(2, 3)
    assert image.camera.K.reshape(-1).tolist() == K
    assert (image.camera.width, image.camera.height) == (WIDTH, HEIGHT)
    assert image.rgb.shape == (HEIGHT, WIDTH, 3) and image.rgb.max() == 3
    np.testing.assert_allclose(image.depth, 0.4)
    assert [gt.obj_id for gt in image.gts] == [1, 2]
    assert [gt.visib_fract for gt in image.gts] == [0.75, 1.0]
    expected = SE3.from_rotation_translation(torch.eye(3, dtype=torch.float64), [0.005, -0.005, 0.4])
    torch.testing.assert_close(image.gts[0].cam_from_obj.matrix(), expected.matrix())
    assert image.gts[1].mask_visib().sum() == image.gts[1].mask().sum() == 6 * WIDTH


def test_targets_keep_their_order(root: Path) -> None:
    expected = [BopTarget(scene_id, im_id, obj_id, 1) for scene_id, im_id in IMAGES for obj_id in (1, 2)]
    assert BopDataset(root).targets() == expected


def test_detections_decode(root: Path) -> None:
    detections = read_detections(root / "detections.json")
    assert len(detections) == 8
    detection = detections[1]
    assert (detection.scene_id, detection.image_id, detection.obj_id, detection.score) == (1, 0, 2, 0.5)
    assert detection.bbox == (1, 0, 2, 24)
    mask = detection.mask()
    assert mask.shape == (HEIGHT, WIDTH) and mask.sum() == 30 and mask[:, 2].all() and mask[:6, 3].all()


@pytest.mark.parametrize("split", ["test_primesense", "test"])
@pytest.mark.parametrize("models", ["models", "models_cad", "models_eval"])
def test_layouts_found(tmp_path: Path, split: str, models: str) -> None:
    dataset = BopDataset(make_bop_set(tmp_path, split=split, models=models))
    assert (dataset.split_dir.name, dataset.models_dir.name) == (split, models)
    assert BopDataset(tmp_path, split=split, models=models).image_ids() == IMAGES


def test_models_folder_by_choice(root: Path) -> None:
    shutil.copytree(root / "models", root / "models_eval")
    assert BopDataset(root).models_dir.name == "models"
    assert BopDataset(root, models="models_eval").models_dir.name == "models_eval"


def test_several_typed_splits_must_be_named(tmp_path: Path) -> None:
    make_bop_set(tmp_path, split="test_kinect")
    make_bop_set(tmp_path, split="test_primesense")
    with pytest.raises(InputError, match="test_kinect, test_primesense"):
        BopDataset(tmp_path)


def test_grey_sets_in_tif_without_depth(root: Path) -> None:
    scene = root / "test" / "000001"
    shutil.rmtree(scene / "rgb")
    shutil.rmtree(scene / "depth")
    write_image(scene / "gray" / "000000.tif", np.full((HEIGHT, WIDTH), 77, np.uint8))
    image = BopDataset(root).image(1, 0)
    assert image.rgb.shape == (HEIGHT, WIDTH, 3) and (image.rgb == 77).all() and image.depth is None


def test_private_truth_is_only_missed_when_asked_for(root: Path) -> None:
    (root / "test" / "000001" / "scene_gt.json").unlink()
    image = BopDataset(root).image(1, 0)
    assert image.depth is not None
    with pytest.raises(InputError, match="scene_gt.json"):
        _ = image.gts


def read_everything(root: Path) -> None:
    dataset = BopDataset(root)
    dataset.targets()
    for obj_id in dataset.object_ids:
        dataset.mesh(obj_id)
    for image_id in dataset.image_ids():
        image = dataset.image(*image_id)
        image.decode()
        assert all(gt.mask().any() and gt.mask_visib().any() for gt in image.gts)


def test_every_missing_file_is_named(root: Path, tmp_path: Path) -> None:
    read_everything(root)
    optional = {"detections.json", "scene_gt_info.json"}
    files = [
        path.relative_to(root) for path in root.rglob("*") if path.is_file() and path.name not in optional
    ]
    assert len(files) > 20
    for i, name in enumerate(files):
        damaged = tmp_path / f"damaged{i}"
        shutil.copytree(root, damaged)
        (damaged / name).unlink()
        with pytest.raises(InputError) as caught:
            read_everything(damaged)
        message = str(caught.value)
        assert name.name in message and "found no such file" in message and "again" in message


def test_every_truncated_file_is_named(root: Path, tmp_path: Path) -> None:
    files = [
        path.relative_to(root)
        for path in root.rglob("*")
        if path.is_file() and path.name != "detections.json"
    ]
    for i, name in enumerate(files):
        damaged = tmp_path / f"damaged{i}"
        shutil.copytree(root, damaged)
        content = (damaged / name).read_bytes()
        (damaged / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(InputError, match=name.name):
            read_everything(damaged)


@pytest.mark.parametrize(
    ("root_name", "split", "message"),
    [("gone", "test", "no such folder"), ("cubes", "val", "no folder 'val' among models, test")],
)
def test_missing_folders_list_what_there_is(root: Path, root_name: str, split: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        BopDataset(root.parent / root_name, split=split)


def test_unknown_ids_are_named(root: Path) -> None:
    dataset = BopDataset(root)
    for ask, message in (
        (lambda: dataset.mesh(7), "no object 7, expected one of 1, 2"),
        (lambda: dataset.image(5, 0), "000005: found no such folder"),
        (lambda: dataset.image(1, 9), "no image 9 among 2"),
    ):
        with pytest.raises(InputError, match=message):
            ask()


BAD_VALUES = {
    "scene_camera.json: 0.cam_K": ("test/000001/scene_camera.json", ["0", "cam_K"], [1, 2]),
    "scene_camera.json: 0.depth_scale": ("test/000001/scene_camera.json", ["0", "depth_scale"], "1.0"),
    "scene_camera.json: 0.depth_scale: found -1": ("test/000001/scene_camera.json", ["0", "depth_scale"], -1),
    "scene_gt.json: 1[0].cam_R_m2c": ("test/000001/scene_gt.json", ["1", 0, "cam_R_m2c"], [1] * 8),
    "scene_gt.json: 0[1].obj_id": ("test/000001/scene_gt.json", ["0", 1, "obj_id"], 1.5),
    "scene_gt_info.json: found 1 instances in image 0": ("test/000001/scene_gt_info.json", ["0"], [{}]),
    "models_info.json: 1.diameter": ("models/models_info.json", ["1", "diameter"], 0),
    "models_info.json: 2.symmetries_discrete[0]": (
        "models/models_info.json", ["2", "symmetries_discrete", 0], [2] * 16,
    ),
    "models_info.json: 2.symmetries_continuous[0].axis": (
        "models/models_info.json", ["2", "symmetries_continuous", 0, "axis"], [0, 0, 0],
    ),
    "test_targets_bop19.json: [3]: found 0": ("test_targets_bop19.json", [3, "inst_count"], 0),
    "test_targets_bop19.json: [1]: found object 1 a second": ("test_targets_bop19.json", [1, "obj_id"], 1),
}  # fmt: skip


@pytest.mark.parametrize("message", BAD_VALUES)
def test_bad_values_are_named_with_their_key_path(root: Path, message: str) -> None:
    file, keys, value = BAD_VALUES[message]
    content = json.loads((root / file).read_text())
    parent = content
    for key in keys[:-1]:
        parent = parent[key]
    parent[keys[-1]] = value
    put_json(root / file, content)
    with pytest.raises(InputError) as caught:
        read_everything(root)
    assert message in str(caught.value)


def test_other_camera_models_are_refused(root: Path) -> None:
    put_json(root / "test/000001/scene_camera.json", {"0": {"cam_model": {}}})
    with pytest.raises(InputError, match="found cam_model, expected cam_K"):
        BopDataset(root).image(1, 0)


BAD_DETECTIONS = {
    "[0].category_id": {"category_id": "can"},
    "[0].score": {"score": None},
    "[0].bbox": {"bbox": [1, 2, 3]},
    "[0].segmentation[0]: found 4 numbers, expected a polygon": {"segmentation": [[1, 2, 3, 4]]},
    "[0].segmentation.size": {"segmentation": {"size": [24], "counts": [24]}},
    "[0].segmentation.counts": {"segmentation": {"size": [HEIGHT, WIDTH], "counts": mask_counts(0, 30)[:2]}},
    "[0].segmentation.counts: found a damaged": {"segmentation": {"size": [HEIGHT, WIDTH], "counts": "~~"}},
    "[0].segmentation.counts[0]": {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [1.5]}},
    "found members": {"segmentation": {"counts": [1]}},
}


@pytest.mark.parametrize("message", BAD_DETECTIONS)
def test_bad_detections_are_named_with_their_key_path(root: Path, message: str) -> None:
    content = json.loads((root / "detections.json").read_text())
    content[0].update(BAD_DETECTIONS[message])
    put_json(root / "detections.json", content)
    with pytest.raises(InputError, match="detections.json") as caught:
        _ = [detection.mask() for detection in read_detections(root / "detections.json")]
    assert message in str(caught.value)


def bop_members(symmetry: Symmetry) -> dict[str, list]:
    """As models_info.json has them: millimetres, matrices row by row, the identity left out."""
    matrices = symmetry.discrete.matrix()[1:].double().numpy()
    matrices[:, :3, 3] *= 1000
    axes = [{"axis": c.axis.tolist(), "offset": (1000 * c.offset).tolist()} for c in symmetry.continuous]
    return {"symmetries_discrete": matrices.reshape(-1, 16).tolist(), "symmetries_continuous": axes}


def test_symmetry_reads_back_from_bop_members() -> None:
    generator = torch.Generator().manual_seed(0)
    others = SE3.from_rotation_translation(
        SO3.random((3,), generator), torch.rand(3, 3, generator=generator) / 10
    )
    continuous = ContinuousSymmetry(torch.tensor([1.0, 2, 2]) / 3, torch.tensor([0.01, -0.02, 0.03]))
    symmetry = Symmetry(SE3.cat([SE3.identity((1,)), others]), (continuous,))
    again = symmetry_from_bop(bop_members(symmetry))
    torch.testing.assert_close(again.discrete.matrix(), symmetry.discrete.matrix(), atol=1e-6, rtol=0)
    torch.testing.assert_close(again.continuous[0].axis, continuous.axis)
    torch.testing.assert_close(again.continuous[0].offset, continuous.offset)
    assert symmetry_from_bop({}).is_trivial


def test_real_sets(shared_data: Path) -> None:
    desk = BopDataset(shared_data / "desk")
    assert len(desk.image_ids()) == 30 and desk.object_ids == list(range(1, 9))
    assert desk.models_info[6].symmetry.continuous and desk.models_info[1].symmetry.is_trivial
    assert desk.mesh(4).diameter() == pytest.approx(desk.models_info[4].diameter, rel=1e-3)
    detections = read_detections(shared_data / "desk" / "detections.json")
    assert len(detections) == 180 and all(detection.mask().shape == (480, 640) for detection in detections)
    frame = BopDataset(shared_data / "lmo_frame").image(2, 3)
    assert frame.camera.fx == pytest.approx(572.4114) and 0.5 < np.median(frame.depth[frame.depth > 0]) < 2
    assert len(frame.gts) == 8 and frame.gts[0].visib_fract is None


def test_real_depth_agrees_with_the_true_poses(shared_data: Path) -> None:
    """Units of depth, pose and camera fit together: the object's centre lies a little behind its surface."""
    image = BopDataset(shared_data / "desk").image(1, 0)
    for gt in image.gts:
        seen = image.depth[gt.mask_visib() & (image.depth > 0)]
        assert abs(float(gt.cam_from_obj.translation[2]) - np.median(seen)) < 0.15
