"""Sets of every layout read as the same images, and what is wrong with one is named."""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

import bop_eval
from bop_eval.datasets import KNOWN_SETS, open_test_set
from objpose.errors import InputError
from tests.bop_eval.scored_set import (
    HEIGHT,
    PLAIN,
    WIDTH,
    Guess,
    Instance,
    make_scored_set,
    table,
    write_scene,
)
from tests.bop_set import put_json

PLACE = (10.0, 5.0, 400.0)


@pytest.fixture
def classic(tmp_path: Path) -> Path:
    images = {(1, 0): [Instance(PLAIN, PLACE, visible=0.7)], (1, 2): []}
    return make_scored_set(tmp_path / "classic", images, [(1, 0, PLAIN, 1)], depth_mm=500)


def test_classic(classic: Path) -> None:
    test_set = open_test_set(classic)
    assert (test_set.name, test_set.split) == ("classic", "test")
    assert test_set.models.folder.name == "models_eval"
    assert test_set.detection_images == [(1, 0), (1, 2)]
    first, empty = test_set.read_images(test_set.detection_images)
    assert (first.width, first.height) == (WIDTH, HEIGHT)
    assert first.obj_ids.tolist() == [PLAIN] and first.visible.tolist() == [0.7]
    assert first.cam_from_obj[0, :, 3].tolist() == pytest.approx([0.01, 0.005, 0.4])
    assert first.depth().max() == pytest.approx(0.5) and first.rgb().shape == (HEIGHT, WIDTH, 3)
    assert empty.cam_from_obj.shape == (0, 3, 4) and empty.visible.shape == (0,)


def test_scenes_with_annotations_of_several_sensors(tmp_path: Path) -> None:
    """IPD is evaluated on its photoneo; here the other camera has the object elsewhere."""
    root = make_scored_set(tmp_path / "ipd", {}, [(3, 0, PLAIN, 1)])
    for sensor, place in (("photoneo", PLACE), ("cam1", (0.0, 0, 300))):
        write_scene(root / "test" / "000003", {0: [Instance(PLAIN, place)]}, 500, sensor)
    [image] = open_test_set(root).read_images([(3, 0)])
    assert image.cam_from_obj[0, :, 3].tolist() == pytest.approx([0.01, 0.005, 0.4])
    assert image.depth is not None and image.rgb is not None
    assert bop_eval.evaluate(table(Guess(3, 0, PLAIN, 1.0, PLACE)), root).figures["AR"] == 1.0
    with pytest.raises(InputError, match="sensors cam1, photoneo"):
        next(open_test_set(root, name="unknown").read_images([(3, 0)]))


def by_image(classic: Path, split: Path) -> Path:
    """The classic set's split again, as BOP-imagewise."""
    scene = classic / "test" / "000001"
    split.mkdir()
    for name, suffix in (("scene_camera", "camera"), ("scene_gt", "gt"), ("scene_gt_info", "gt_info")):
        for im_id, entry in json.loads((scene / f"{name}.json").read_text()).items():
            put_json(split / f"000001_{int(im_id):06d}.{suffix}.json", entry)
    for kind, suffix in (("depth", "depth.png"), ("gray", "rgb.png")):
        for picture in (scene / kind).iterdir():
            (split / f"000001_{picture.stem}.{suffix}").write_bytes(picture.read_bytes())
    return split


def in_shards(loose: Path, split: Path, with_map: bool) -> Path:
    """A BOP-imagewise split again, as BOP-webdataset: one image a shard."""
    split.mkdir()
    keys = sorted({path.name.split(".")[0] for path in loose.iterdir()})
    for number, key in enumerate(keys):
        with tarfile.open(split / f"shard-{number:06d}.tar", "w") as shard:
            for path in loose.glob(f"{key}.*"):
                shard.add(path, path.name)
    if with_map:
        put_json(split / "key_to_shard.json", {key: number for number, key in enumerate(keys)})
    return split


@pytest.mark.parametrize("layout", ["imagewise", "shards", "shards with a map"])
def test_every_layout_reads_the_same(classic: Path, tmp_path: Path, layout: str) -> None:
    split = by_image(classic, tmp_path / "classic" / "other")
    if layout != "imagewise":
        split = in_shards(split, classic / "shards", with_map=layout.endswith("map"))
    other, original = open_test_set(classic, split=split.name), open_test_set(classic)
    for one, same in zip(*(s.read_images([(1, 0), (1, 2)]) for s in (other, original)), strict=True):
        for name in ("K", "obj_ids", "cam_from_obj", "visible"):
            np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
        assert (one.width, one.height) == (same.width, same.height)
        np.testing.assert_array_equal(one.depth(), same.depth())
        np.testing.assert_array_equal(one.rgb(), same.rgb())
    assert bop_eval.evaluate(table(Guess(1, 0, PLAIN, 1.0, PLACE)), other).figures["AR"] == 1.0


def test_what_keyed_sets_lack_is_named(classic: Path) -> None:
    split = by_image(classic, classic / "loose")
    with pytest.raises(InputError, match="no image 1_7 among 2"):
        open_test_set(classic, split="loose").images.image(1, 7)
    (split / "000001_000000.gt.json").unlink()
    with pytest.raises(InputError, match=r"000001_000000: found no such file, expected gt\.json"):
        open_test_set(classic, split="loose").images.image(1, 0)
    (classic / "torn").mkdir()
    (classic / "torn" / "shard-000000.tar").write_bytes(b"no tar")
    with pytest.raises(InputError, match="a shard"):
        open_test_set(classic, split="torn").images.image(1, 0)


def test_hot3d_has_a_sensor_by_scene() -> None:
    sensors = [KNOWN_SETS["hot3d"].sensor(scene_id) for scene_id in (0, 1848, 1849, 3365, 3831)]
    assert sensors == ["gray1", "gray1", "rgb", "rgb", "rgb"]


def test_pinhole_models_of_bop24_are_read(classic: Path) -> None:
    model = {
        "projection_model_type": "CameraModelType.PINHOLE", "projection_params": [80, 81, 31.5, 23.5],
        "image_width": WIDTH, "image_height": HEIGHT,
    }  # fmt: skip
    path = classic / "test" / "000001" / "scene_camera.json"
    put_json(path, {"0": {"cam_model": model}})
    [image] = open_test_set(classic).read_images([(1, 0)])
    assert image.K.tolist() == [[80, 0, 31.5], [0, 81, 23.5], [0, 0, 1]]
    with pytest.raises(InputError, match="0: found no depth_scale"):
        image.depth()
    put_json(path, {"0": {"cam_model": model | {"projection_model_type": "CameraModelType.KB4"}}})
    with pytest.raises(InputError, match="KB4 with 4 parameters, expected a pinhole with 4 or"):
        next(open_test_set(classic).read_images([(1, 0)]))


def test_fisheye_images_are_scored_for_detection(classic: Path) -> None:
    """As HOT3D's; with one focal length (Aria) or two (Quest 3)."""
    path, lens = classic / "test" / "000001" / "scene_camera.json", [0.1, *[0.0] * 11]
    for focal in ([80.0], [80.0, 80.0]):
        model = {
            "projection_model_type": "CameraModelType.FISHEYE624",
            "projection_params": [*focal, 31.5, 23.5, *lens],
        }
        put_json(path, {"0": {"cam_model": model}, "2": {"cam_model": model}})
        [image] = open_test_set(classic).read_images([(1, 0)])
        assert image.fisheye.tolist() == lens
        assert image.K.tolist() == [[80, 0, 31.5], [0, 80, 23.5], [0, 0, 1]]
    right = table(Guess(1, 0, PLAIN, 1.0, PLACE))
    assert bop_eval.evaluate(right, classic, task="detection").figures["AP"] == 1.0
    off = table(Guess(1, 0, PLAIN, 1.0, (PLACE[0] + 1, *PLACE[1:])))
    pixels = bop_eval.evaluate(off, classic, task="detection").errors["MSPD"].errors[0]
    assert pixels == pytest.approx(10 * 80 / 390, rel=0.01)  # 1 mm at the nearest corners, near the axis
    with pytest.raises(InputError, match="found a fisheye camera"):
        bop_eval.evaluate(right, classic)


def test_known_sets() -> None:
    core = {"lmo", "tless", "tudl", "icbin", "itodd", "hb", "ycbv"}
    assert core | {"hot3d", "hopev2", "handal"} <= set(KNOWN_SETS)
    assert {name for name in core if KNOWN_SETS[name].delta_m == 0.005} == {"itodd"}
    assert KNOWN_SETS["tless"].split == "test_primesense" and KNOWN_SETS["tless"].image_size == (720, 540)


def test_pictures_are_not_needed_where_the_size_is_known(tmp_path: Path) -> None:
    root = make_scored_set(tmp_path / "tudl", {(1, 0): [Instance(PLAIN, PLACE)]}, [])
    for picture in root.glob("test/*/*/*.png"):
        picture.unlink()
    [image] = open_test_set(root).read_images([(1, 0)])
    assert (image.width, image.height, image.rgb, image.depth) == (640, 480, None, None)
    with pytest.raises(InputError, match="no picture of image 0"):
        next(open_test_set(root, name="unknown").read_images([(1, 0)]))


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("test/000001/scene_gt.json", "scene_gt.json: found no such file"),
        ("test/000001/scene_camera.json", "sensors none"),
        ("test_targets_bop19.json", "the list of targets"),
        ("models_eval/models_info.json", "models_info.json: found no such file"),
        ("models_eval/obj_000001.ply", "the mesh of object 1"),
    ],
)
def test_missing_files_are_named(classic: Path, missing: str, message: str) -> None:
    (classic / missing).unlink()
    with pytest.raises(InputError, match=message):
        bop_eval.evaluate(table(Guess(1, 0, PLAIN, 1.0, PLACE)), classic)


def test_missing_scenes_images_and_lists_are_named(classic: Path) -> None:
    images = open_test_set(classic).images
    with pytest.raises(InputError, match="scene 9"):
        images.image(9, 0)
    with pytest.raises(InputError, match="no image 7 among 2"):
        images.image(1, 7)
    (classic / "test_targets_bop24.json").unlink()
    with pytest.raises(InputError, match="the list of images of the detection task"):
        bop_eval.evaluate(table(), classic, task="detection")
    with pytest.raises(InputError, match="expected one of localization, detection"):
        bop_eval.evaluate(table(), classic, task="tracking")


def test_visibilities_are_asked_for_where_they_decide(classic: Path) -> None:
    (classic / "test" / "000001" / "scene_gt_info.json").unlink()
    right = table(Guess(1, 0, PLAIN, 1.0, PLACE))
    assert bop_eval.evaluate(right, classic).figures["AR"] == 1.0  # one instance, one asked for
    with pytest.raises(InputError, match="no visibilities"):
        bop_eval.evaluate(right, classic, task="detection")


def test_visibilities_must_fit_the_instances(classic: Path) -> None:
    put_json(classic / "test" / "000001" / "scene_gt_info.json", {"0": [{"visib_fract": 1}] * 2})
    with pytest.raises(InputError, match="2 instances, expected 1"):
        next(open_test_set(classic).read_images([(1, 0)]))
