"""The edge of the Python API: what is handed over in place of what is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

import objpose
from objpose.errors import InputError, InputWarning
from objpose.estimator.in_masks import Asked, InMasks
from objpose.estimator.targets import targets_of
from objpose.geometry import SE3, Camera
from objpose.given import as_mesh, as_options, as_poses
from objpose.io import write_image, write_json
from objpose.segmentation.prompt_checks import checked_box, checked_points
from tests.geometry.shapes import box
from tests.inputs.habits import habit
from tests.synthetic import onboarded

KIND = "Arguments in Python"
HEIGHT, WIDTH = 12, 16
RGB = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3)
DEPTH = np.full((HEIGHT, WIDTH), 0.7, np.float32)
MASK = np.eye(HEIGHT, WIDTH, dtype=bool)
K = np.array([[20.0, 0, 7.5], [0, 20.0, 5.5], [0, 0, 1]])
CAMERA = Camera.from_K(K, WIDTH, HEIGHT)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    write_image(tmp_path / "rgb.png", RGB)
    write_image(tmp_path / "mask.png", MASK)
    write_json(tmp_path / "camera.json", {"K": K.ravel().tolist(), "width": WIDTH, "height": HEIGHT})
    return {path.stem: path for path in tmp_path.iterdir()}


@habit(
    KIND,
    "`Frame` with a PIL picture (RGB, grey, palette, alpha) or the file of one",
    "taken like the array",
    "AttributeError",
)
def test_pictures_of_pil_and_files(files: dict[str, Path]) -> None:
    for given in (Image.fromarray(RGB), files["rgb"], str(files["rgb"]), RGB.tolist()):
        if isinstance(given, list):
            given = np.asarray(given, np.uint8)
        assert np.array_equal(objpose.Frame(given, CAMERA).rgb, RGB)
    grey = Image.fromarray(RGB).convert("L")
    assert np.array_equal(objpose.Frame(grey, CAMERA).rgb[..., 0], np.array(grey))
    assert np.array_equal(objpose.Frame(Image.fromarray(RGB).convert("RGBA"), CAMERA).rgb, RGB)
    deep = Image.fromarray(RGB[..., 0].astype(np.uint16) * 257)
    assert np.array_equal(objpose.Frame(deep, CAMERA).rgb[..., 0], RGB[..., 0])


def test_a_picture_of_pil_is_upright_as_its_file_is() -> None:
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(RGB)))  # as stored by a camera held on its side
    turned.getexif()[0x0112] = 6
    assert np.array_equal(objpose.Frame(turned, CAMERA).rgb, RGB)
    as_stored = objpose.Camera.from_K(K[[1, 0, 2]][:, [1, 0, 2]], HEIGHT, WIDTH)
    with pytest.warns(InputWarning, match="as stored"):
        assert objpose.Frame(turned, as_stored).size == (WIDTH, HEIGHT)
    clear = Image.fromarray(RGB).convert("RGBA")
    clear.putalpha(100)
    with pytest.warns(InputWarning, match="transparent"):
        objpose.Frame(clear, CAMERA)


@habit(
    KIND,
    "`Frame` with K in place of the camera: 3 x 3 or 9 numbers, array, tensor or list; or a camera file",
    "a pinhole camera of the picture's size; K of another picture is refused as ever",
    "AttributeError: 'numpy.ndarray' object has no attribute 'height'",
)
def test_K_for_a_camera(files: dict[str, Path]) -> None:
    for given in (K, K.ravel(), K.tolist(), torch.tensor(K), files["camera"]):
        camera = objpose.Frame(RGB, given).camera
        assert (camera.width, camera.height) == (WIDTH, HEIGHT) and np.array_equal(camera.K, K)
    with pytest.raises(InputError, match="principal point"):
        objpose.Frame(RGB, K * [[4], [4], [1]])


FRAMES: dict[str, tuple[Callable[[], object], str]] = {
    "depth and camera swapped": (
        lambda: objpose.Frame(RGB, DEPTH, CAMERA),
        "camera: found an array of shape .*the order is Frame",
    ),
    "camera and picture swapped": (lambda: objpose.Frame(CAMERA, RGB), "rgb: found a Camera"),
    "no camera": (lambda: objpose.Frame(RGB, None), "camera: found nothing.*Camera.from_K"),
    "fx, fy, cx, cy": (lambda: objpose.Frame(RGB, (20, 20, 7.5, 5.5)), "camera: found .20, 20, 7.5, 5.5."),
    "a dict for a camera": (lambda: objpose.Frame(RGB, {"fx": 20}), "camera: found a dict of 1"),
    "several pictures": (lambda: objpose.Frame([RGB, RGB], CAMERA), "rgb: found a list of 2.*one of each"),
    "a file of depth": (lambda: objpose.Frame(RGB, CAMERA, "d.png"), "depth: found 'd.png'.*read_depth"),
    "millimetres by PIL": (
        lambda: objpose.Frame(RGB, CAMERA, Image.fromarray((DEPTH * 1000).astype(np.uint16))),
        "depth: found .*16 values",
    ),
    "a number for depth": (lambda: objpose.Frame(RGB, CAMERA, 0.7), "depth: found 0.7"),
    "nothing for a picture": (lambda: objpose.Frame(None, CAMERA), "rgb: found nothing"),
}


@habit(
    KIND,
    "`Frame` with swapped arguments, without a camera, with several pictures, a dict, a file of depth",
    "refused by the argument's name, with the cure",
    "AttributeError or TypeError from inside",
)
@pytest.mark.parametrize("case", FRAMES)
def test_what_is_no_frame(case: str) -> None:
    make, says = FRAMES[case]
    with pytest.raises(InputError, match=says):
        make()


@habit(
    KIND,
    "`PoseEstimator(can)` without the list, or a tuple or dict of objects",
    "taken",
    "TypeError: 'ObjectModel' object is not iterable",
)
def test_objects_without_a_list() -> None:
    can = onboarded("can")
    for given in (can, [can], (can,), {"can": can}, iter([can])):
        assert list(objpose.PoseEstimator(given).objects) == ["can"]


ESTIMATORS: dict[str, tuple[object, object, str]] = {
    "a name": ("can", {}, "objects: found 'can'.*objpose.load_object"),
    "names": (["can"], {}, r"objects\[0\]: found 'can'"),
    "a mesh": ([box(0.1, 0.1, 0.1)], {}, r"objects\[0\]: found a Mesh.*objpose.onboard"),
    "nothing": (None, {}, "objects: found nothing"),
    "an unknown option": (onboarded("can"), {"sed": 1}, "options: found sed, expected some of method, seed"),
    "a text for a number": (onboarded("can"), {"seed": "1"}, "options: seed: found '1', expected int"),
    "a half for a count": (onboarded("can"), {"threads": 1.5}, "threads: found 1.5, expected int or None"),
    "another method": (onboarded("can"), {"method": "depth"}, "method: found 'depth'"),
    "a text for options": (onboarded("can"), "fast", "options: found 'fast', expected EstimatorOptions"),
}


@habit(
    KIND,
    "`PoseEstimator` of names, files, meshes or nothing; options with a wrong name, or a text for a number",
    "refused by name, with the cure",
    "AttributeError, or a failure in the middle of the work",
)
@pytest.mark.parametrize("case", ESTIMATORS)
def test_what_is_no_estimator(case: str) -> None:
    objects, options, says = ESTIMATORS[case]
    with pytest.raises(InputError, match=says):
        objpose.PoseEstimator(objects, options)


@habit(KIND, "Options as a dict", "taken, every name and number checked", "AttributeError")
def test_options_as_a_dict() -> None:
    assert objpose.PoseEstimator(onboarded("can"), {"seed": 3, "refine": "mesh"}).options.seed == 3
    assert as_options({"views": np.int64(40)}, objpose.OnboardOptions).views == 40
    assert as_options(None, objpose.OnboardOptions) == objpose.OnboardOptions()


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> objpose.PoseEstimator:
    """One that finds nothing: it keeps the masks that it is given, by object."""
    found = objpose.PoseEstimator(onboarded("can"))
    found.seen = []

    def answers(_: InMasks, asked: Asked) -> list[InputError]:
        found.seen += [(target.object, mask) for target, mask in zip(asked.targets, asked.masks, strict=True)]
        return [InputError("a", "b", "c", "d")] * len(asked.masks)

    monkeypatch.setattr(InMasks, "answers", answers)
    return found


@habit(
    KIND,
    "Masks as a PIL picture, a file, nested lists, numbers of any kind, a dict by the objects' names",
    "taken",
    "TypeError or AttributeError",
)
def test_masks_of_all_kinds(estimator: objpose.PoseEstimator, files: dict[str, Path]) -> None:
    kinds = [MASK, MASK[None], torch.tensor(MASK), Image.fromarray(MASK), files["mask"], MASK.tolist()]
    kinds += [[MASK], {"can": MASK}, objpose.Target("can", MASK), (objpose.Target("can", files["mask"]),)]
    for given in kinds:
        with pytest.raises(InputError, match="a: found b"):
            estimator.estimate(objpose.Frame(RGB, CAMERA, DEPTH), given)
        [(name, mask)], estimator.seen = estimator.seen, []
        assert name == "can" and np.array_equal(mask, MASK)


CALLS: dict[str, tuple[object, object, str]] = {
    "a picture for the frame": (RGB, MASK, "frame: found an array of shape .*objpose.Frame"),
    "several frames": ([objpose.Frame(RGB, CAMERA)] * 2, MASK, "frame: found a list of 2.*once for each"),
    "a box for a mask": (None, (3, 2, 5, 5), r"mask 0: found .*\[3.*\].*mask_from_box"),
    "a target turned round": (None, objpose.Target(MASK, "can"), "target: found object an array"),
    "a name that is not known": (None, {"mug": MASK}, "found object 'mug', expected the name of one of can"),
    "a number for masks": (None, 3, "masks: found 3"),
}  # fmt: skip


@habit(
    KIND,
    "`estimate` with a bare picture, several frames, a box for a mask, a Target turned round, a wrong name",
    "refused by name, with the cure",
    "AttributeError or TypeError from inside",
)
@pytest.mark.parametrize("case", CALLS)
def test_what_cannot_be_estimated(case: str) -> None:
    frame, masks, says = CALLS[case]
    frame = objpose.Frame(RGB, CAMERA, DEPTH) if frame is None else frame
    with pytest.raises(InputError, match=says):
        objpose.PoseEstimator(onboarded("can")).estimate(frame, masks)


@habit(
    KIND,
    "A mesh of trimesh (also a scene) or of Open3D given to `onboard`",
    "taken with its colours; a texture of Open3D's is left aside with a warning",
    "AttributeError or TypeError",
)
def test_meshes_of_other_libraries() -> None:
    import open3d as o3d

    given = trimesh.creation.box((0.1, 0.06, 0.04))
    given.visual.vertex_colors = np.tile([200, 100, 50, 255], (len(given.vertices), 1))
    solid = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(given.vertices), o3d.utility.Vector3iVector(given.faces)
    )
    solid.vertex_colors = o3d.utility.Vector3dVector(np.tile([0.5, 0.2, 0.1], (len(given.vertices), 1)))
    for mesh in (given, trimesh.Scene(given), solid):
        found = as_mesh(mesh)
        assert found.diameter() == pytest.approx(0.1233, abs=1e-4) and found.color_source == "vertex"


MESHES: dict[str, tuple[object, str]] = {
    "an object": (onboarded("can"), "mesh: found an ObjectModel.*it is onboarded already"),
    "points of trimesh": (trimesh.PointCloud(np.zeros((4, 3))), "trimesh mesh: found"),
    "vertices": (np.zeros((4, 3)), "mesh: found an array"),
    "nothing": (None, "mesh: found nothing"),
}


@habit(
    KIND,
    "What is no mesh given to `onboard`: points, arrays, an onboarded object; a name that is no text",
    "refused by name, with the cure",
    "TypeError",
)
@pytest.mark.parametrize("case", MESHES)
def test_what_is_no_mesh(case: str) -> None:
    given, says = MESHES[case]
    with pytest.raises(InputError, match=says):
        objpose.onboard(given, out=None)
    with pytest.raises(InputError, match="name: found 7"):
        objpose.onboard(box(0.1, 0.1, 0.1), name=7, out=None)
    with pytest.raises(InputError, match="symmetry: found 'none', expected Symmetry or None"):
        objpose.onboard(box(0.1, 0.1, 0.1), symmetry="none", out=None)
    with pytest.raises(InputError, match="out: found True"):
        objpose.onboard(box(0.1, 0.1, 0.1), units="m", out=True)
    with pytest.raises(InputError, match="object: found a Mesh"):
        objpose.load_object(box(0.1, 0.1, 0.1))


@habit(
    KIND,
    "Poses of views as matrices (N, 4, 4) or a list of SE3; one frame without a list",
    "taken; other shapes are refused by name",
    "AttributeError",
)
def test_poses_of_views() -> None:
    poses = SE3.from_matrix(torch.eye(4).repeat(3, 1, 1))
    for given in (poses, poses.matrix().numpy(), list(poses.matrix()), [poses[i] for i in range(3)]):
        given = (
            torch.stack(given) if isinstance(given, list) and isinstance(given[0], torch.Tensor) else given
        )
        assert torch.allclose(as_poses(given, "cam_from_obj", 3).matrix().double(), poses.matrix().double())
    with pytest.raises(InputError, match="cam_from_obj: found an array of shape .3, 3.*from_matrix"):
        objpose.onboard_views([objpose.Frame(RGB, CAMERA)], [MASK], np.eye(3), out=None)
    with pytest.raises(InputError, match="1 frames, 1 masks, 3 poses"):
        objpose.onboard_views(objpose.Frame(RGB, CAMERA), [MASK], poses, out=None)


@habit(
    KIND,
    "A box of a detector: list, tuple, array, floats; as two corners, or as text",
    "taken as x, y, width, height; one that leaves the picture and fits as corners is refused, both readings "
    "written out",
    "corners were taken for width and height",
)
def test_boxes() -> None:
    for given in ([3, 2, 5, 4], (3.2, 1.9, 5, 4), np.array([3, 2, 5, 4]), torch.tensor([3, 2, 5, 4])):
        assert checked_box(given, (HEIGHT, WIDTH)) == (3, 2, 8, 6)
    with pytest.raises(InputError, match="give 6,4,7,6 if these are two corners, else 6,4,10,8"):
        checked_box([6, 4, 13, 10], (HEIGHT, WIDTH))
    assert checked_box([5, 4, 12, 9], (HEIGHT, WIDTH)) == (5, 4, 16, 12)  # a pixel out: rounding
    for given in ("3,2,5,4", None, {"x": 3}):
        with pytest.raises(InputError, match="box: found"):
            checked_box(given, (HEIGHT, WIDTH))
    assert checked_points((3, 2), (HEIGHT, WIDTH)).tolist() == [[3, 2]]
    with pytest.raises(InputError, match="points: found 'here'"):
        checked_points("here", (HEIGHT, WIDTH))


@habit(
    KIND,
    "`objpose.segmentation`, `objpose.features`, `objpose.io`, `objpose.geometry` after `import objpose`",
    "there, imported when first used",
    "AttributeError: module 'objpose' has no attribute 'segmentation'",
)
def test_the_modules_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("segmentation", "features", "io", "geometry", "errors", "cameras"):
        monkeypatch.delitem(objpose.__dict__, name, raising=False)  # as before any of them was imported
        assert getattr(objpose, name).__name__ == f"objpose.{name}" and name in dir(objpose)


@habit(
    KIND,
    "Masks as (H, W, 1), (H, W, 3), a PIL picture in colours or with alpha, pairs of a name and a mask, the "
    "dicts of SAM",
    "taken",
    "refused as 480 masks of 1 x 640, or ValueError",
)
def test_masks_in_colours_and_pairs() -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[4:9, 5:20] = True
    grey = mask.astype(np.uint8) * 255
    cut = np.dstack([RGB, grey])
    for given in (mask[..., None], np.dstack([grey] * 3), Image.fromarray(np.dstack([grey] * 3)), cut,
                  Image.fromarray(cut), ("can", mask), [("can", mask)],
                  [{"segmentation": mask, "area": 75}]):  # fmt: skip
        [target] = targets_of(given, ["can"])
        assert target.object == "can" and np.array_equal(np.squeeze(np.asarray(target.mask)), mask)


@habit(
    KIND,
    "Arrays with channels first or a batch axis, of other numbers; the pair of `read_camera` as a camera; a "
    "picture for the Frame of `draw_overlay`; files or arrays for `recover_cameras`",
    "refused by name, with a cure that fits",
    "`drop an alpha channel`, `multiply by 255`; or AttributeError",
)
def test_cures_fit_what_was_given() -> None:
    for rgb, cure in (
        (RGB.transpose(2, 0, 1), "channels last"),
        (RGB[None], "one of each"),
        (RGB[..., 0], "repeat a grey image"),
        (RGB.astype(int), "scale it to 0..255"),
        (RGB / 255.0, "multiply by 255"),
    ):
        with pytest.raises(InputError, match=cure):
            objpose.Frame(rgb, CAMERA)
    with pytest.raises(InputError, match="camera, scale = read_camera"):
        objpose.Frame(RGB, (CAMERA, None))
    with pytest.raises(InputError, match="frame: found an array"):
        objpose.draw_overlay(RGB, [], [onboarded("can")])
    for photos in ([RGB, RGB], ["a.jpg", "b.jpg"]):
        with pytest.raises(InputError, match=r"photos\[0\]: .*give the folder"):
            objpose.recover_cameras(photos)


@habit(
    KIND, "A box or points in shares of the image, as YOLO has them", "refused: give pixels",
    "a mask of one pixel, or of the first corner",
)  # fmt: skip
def test_shares_of_the_image_are_no_pixels() -> None:
    frame = objpose.Frame(RGB, CAMERA)
    for look in (
        lambda: objpose.segmentation.mask_from_box(frame, (0.3, 0.3, 0.5, 0.5)),
        lambda: objpose.segmentation.mask_from_points(frame, [(0.5, 0.25)]),
    ):
        with pytest.raises(InputError, match="shares of the image"):
            look()


@habit(KIND, "A box that lies mostly off the picture", "cut to it, which is said", "cut in silence")
def test_boxes_that_are_mostly_off_are_said() -> None:
    frame = objpose.Frame(RGB, CAMERA)
    with pytest.warns(InputWarning, match="mostly off the image"):
        objpose.segmentation.mask_from_box(frame, (WIDTH - 8, HEIGHT - 8, 900, 30))
