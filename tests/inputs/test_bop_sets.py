"""BOP sets as people have them: what a run makes of them, and that it refuses before it onboards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import objpose
from bop_eval.datasets import open_test_set
from bop_eval.estimator_method import EstimatorMethod
from bop_eval.methods import METHODS, Estimate, MaskedObject, MethodSettings
from bop_eval.runner import RunSettings, run
from objpose.errors import InputError, InputWarning
from objpose.io import BopDataset, BopImage, read_detections, write_image
from objpose.io.polygons import fill_polygons
from tests.bop_set import HEIGHT, WIDTH, make_bop_set, mask_counts, put_json
from tests.inputs.habits import habit

KIND = "BOP sets"
SCENE = "test/000001"
PLAIN = mask_counts(24, 30)


@dataclass
class Seen:
    """A method that keeps what it is given; `made` says whether the onboarding began."""

    made: bool = False
    images: list[BopImage] = field(default_factory=list)
    found: list[MaskedObject] = field(default_factory=list)

    def make(self, settings: MethodSettings) -> Callable:
        self.made = True

        def method(image: BopImage, found: list[MaskedObject]) -> list[Estimate]:
            self.images.append(image)
            self.found += found
            return []

        return method


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    seen = Seen()
    for name in ("rgb", "rgbd"):
        monkeypatch.setitem(METHODS, name, seen.make)
    return seen


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_bop_set(tmp_path / "cubes", images=[(1, 0)])


def run_on(root: Path, method: str = "rgb", **changes: object) -> None:
    """With one detection of object 1, changed."""
    entry = {"scene_id": 1, "image_id": 0, "category_id": 1, "score": 0.5, "bbox": [4, 5, 10, 12],
             "segmentation": {"size": [HEIGHT, WIDTH], "counts": PLAIN}}  # fmt: skip
    put_json(root / "found.json", [{k: v for k, v in {**entry, **changes}.items() if v is not None}])
    run(RunSettings(root, method, root / "found.json", root / "out.csv", templates=root / "kept"))


def change(path: Path, edit: Callable[[dict], object]) -> None:
    content = json.loads(path.read_text())
    edit(content)
    put_json(path, content)


@habit(KIND, "no depth/, or one without the image, `--method rgb`", "runs", "stopped at the first image")
@pytest.mark.parametrize("gone", ["depth", "depth/000000.png"])
def test_rgb_needs_no_depth(root: Path, seen: Seen, gone: str) -> None:
    path = root / SCENE / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    run_on(root)
    assert len(seen.images) == 1 and seen.images[0].depth is None


@habit(KIND, "no depth/, `--method rgbd`", "refused before the onboarding: --method rgb", "refused after it")
def test_rgbd_without_depth_is_refused_first(root: Path, seen: Seen) -> None:
    shutil.rmtree(root / SCENE / "depth")
    with pytest.raises(InputError, match="no depth of 1 images.*--method rgb"):
        run_on(root, "rgbd")
    assert not seen.made


@habit(KIND, "no depth_scale in scene_camera.json, one in camera.json", "that one, said",
       "stopped, also with `--method rgb`")  # fmt: skip
def test_the_sets_own_depth_scale(root: Path, seen: Seen) -> None:
    change(root / SCENE / "scene_camera.json", lambda c: c["0"].pop("depth_scale"))
    run_on(root)
    camera = {"fx": 40, "fy": 40, "cx": 15.5, "cy": 11.5, "width": WIDTH, "height": HEIGHT}
    put_json(root / "camera.json", {**camera, "depth_scale": 0.5})
    with pytest.warns(InputWarning, match="scene_camera.json: found no depth_scale.*camera.json is used"):
        run_on(root, "rgbd")
    np.testing.assert_allclose(seen.images[-1].depth, 0.4)
    [image] = open_test_set(root).read_images([(1, 0)])
    with pytest.warns(InputWarning, match="camera.json is used"):
        np.testing.assert_allclose(image.depth(), 0.4)


@habit(KIND, "no depth_scale anywhere, `--method rgbd`", "refused before the onboarding", "refused after it")
def test_no_depth_scale_is_refused_first(root: Path, seen: Seen) -> None:
    change(root / SCENE / "scene_camera.json", lambda c: c["0"].pop("depth_scale"))
    with pytest.raises(InputError, match="0: found no depth_scale"):
        run_on(root, "rgbd")
    assert not seen.made


@habit(KIND, "gray/ in place of rgb/, .jpg or .tif, 8 or 16 bits", "read", "16 bits: refused")
@pytest.mark.parametrize(("name", "dtype"), [("a.jpg", np.uint8), ("a.tif", np.uint16), ("a.png", np.uint16)])
def test_grey_sets(root: Path, seen: Seen, name: str, dtype: type) -> None:
    shutil.rmtree(root / SCENE / "rgb")
    full = np.iinfo(dtype).max // 255
    values = np.full((HEIGHT, WIDTH), 77 * full, dtype)
    values[0] = 200 * full
    write_image(root / SCENE / "gray" / name.replace("a", "000000"), values)
    run_on(root)
    assert np.abs(seen.images[0].rgb[5:].astype(int) - 77).max() <= 2


@habit(
    KIND,
    "detections of boxes alone",
    "the object in the box, as `estimate --bbox`",
    "refused, after the onboarding",
)
@pytest.mark.parametrize("nothing", [None, [], {}])
def test_boxes_become_masks(root: Path, seen: Seen, nothing: object) -> None:
    run_on(root, segmentation=nothing)
    [found] = seen.found
    assert found.mask is None and found.box == (4, 5, 10, 12)


def test_the_estimator_cuts_the_object_out_of_its_box() -> None:
    method = EstimatorMethod.__new__(EstimatorMethod)  # the object's looks would but help
    method._models, method._options = {1: None}, objpose.EstimatorOptions()
    rgb = np.full((96, 128, 3), 40, np.uint8)
    rgb[24:64, 36:84] = 230
    camera = objpose.Camera.from_K([160.0, 0, 63.5, 0, 160.0, 47.5, 0, 0, 1], 128, 96)
    target = method._target(objpose.Frame(rgb, camera), MaskedObject(1, None, 0.5, (34, 22, 52, 44)))
    wrong = np.asarray(target.mask) != (rgb[..., 0] == 230)
    assert wrong.mean() < 0.02 and target.object == "obj_000001"


@habit(KIND, "boxes as x1, y1, x2, y2, or as shares of the image", "refused before the onboarding",
       "another box, in silence")  # fmt: skip
@pytest.mark.parametrize(
    ("box", "found"),
    [([20, 5, 31, 20], "only as x1, y1, x2, y2"), ([0.1, 0.2, 0.5, 0.6], "shares of the image")],
)
def test_other_boxes_are_noticed(root: Path, seen: Seen, box: list[float], found: str) -> None:
    with pytest.raises(InputError, match=found):
        run_on(root, segmentation=None, bbox=box)
    assert not seen.made


@habit(KIND, "polygons, RLE as a string or a list", "the mask", "polygons refused, after the onboarding")
def test_polygons_and_runs(root: Path, seen: Seen) -> None:
    corners = [3.0, 4.0, 20.0, 5.0, 11.0, 18.0]
    run_on(root, segmentation=[corners], bbox=None)
    expected = fill_polygons([np.array(corners).reshape(-1, 2)], WIDTH, HEIGHT)
    assert np.array_equal(seen.found[0].mask, expected) and 80 < expected.sum() < 150
    from pycocotools import mask as coco

    encoded = coco.encode(np.asfortranarray(expected, dtype=np.uint8))
    run_on(root, segmentation={"size": [HEIGHT, WIDTH], "counts": encoded["counts"].decode()})
    assert np.array_equal(seen.found[1].mask, expected)


@habit(KIND, "a mask of another size, damaged runs, neither mask nor box", "refused before the onboarding",
       "after it")  # fmt: skip
@pytest.mark.parametrize(
    "changes",
    [
        {"segmentation": {"size": [WIDTH, HEIGHT], "counts": PLAIN}},
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": PLAIN[:2]}},
        {"segmentation": {"size": [HEIGHT, WIDTH], "counts": "~~"}},
        {"segmentation": "mask.png"},
        {"segmentation": None, "bbox": None},
    ],
)
def test_bad_detections_are_refused_first(root: Path, seen: Seen, changes: dict) -> None:
    with pytest.raises(InputError, match="found.json"):
        run_on(root, **changes)
    assert not seen.made


@habit(KIND, "a picture of the set is missing", "refused before the onboarding", "refused when its turn came")
def test_missing_pictures_are_refused_first(root: Path, seen: Seen) -> None:
    (root / SCENE / "rgb/000000.png").unlink()
    with pytest.raises(InputError, match="000000.png: found no such file"):
        run_on(root)
    assert not seen.made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.one_of(
        st.none(),
        st.text(max_size=4),
        st.lists(st.lists(st.floats(-50, 50), max_size=8), max_size=3),
        st.fixed_dictionaries(
            {
                "size": st.lists(st.integers(-3, 10**9), max_size=3),
                "counts": st.text(max_size=6) | st.lists(st.integers(-2, 10**9), max_size=4),
            }
        ),
    ),
    st.none() | st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5),
)
def test_any_detection_is_used_or_refused(tmp_path: Path, segmentation: object, box: object) -> None:
    entry = {"scene_id": 1, "image_id": 0, "category_id": 1, "score": 0.5, "bbox": box,
             "segmentation": segmentation}  # fmt: skip
    put_json(tmp_path / "found.json", [entry])
    try:
        [found] = read_detections(tmp_path / "found.json")
        if found.has_mask:
            assert found.mask((WIDTH, HEIGHT)).dtype == bool
        else:
            assert len(found.bbox) == 4
    except InputError as error:
        assert "found.json" in str(error)


def test_field_set_without_scale(shared_data: Path) -> None:
    root = shared_data / "field" / "bop" / "noscale"
    image = BopDataset.__new__(BopDataset)  # its models are a link that only some machines can follow
    image.root, image.split_dir, image._scenes = root, root / "test", {}
    with pytest.warns(InputWarning, match="no depth_scale"):
        depth = image.image(1, 0).depth
    assert float(np.median(depth[depth > 0])) == pytest.approx(0.654, abs=0.01)
