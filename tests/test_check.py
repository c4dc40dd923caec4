"""Each mistake is named by its cause and factor; right inputs are not blamed; what cannot be told is not."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch

from objpose import Frame, PoseEstimator, check
from objpose.checking import CAUSES, Finding, Given
from objpose.errors import InputError
from objpose.geometry import Camera, Mesh
from tests.synthetic import CAMERA, HEIGHT, MESHES, REAL, WIDTH, joined_scene, looking, make_scene, onboarded

NAMES = ("printed_box", "painted_blob")


@functools.cache
def scene(name: str) -> tuple[Given, Mesh]:
    """The object beside another, with a sensor's noise and holes and a segmenter's border."""
    mesh, other = MESHES[name](), MESHES["can"]()
    first = make_scene(mesh, looking(3), replace(REAL, neighbour=False))
    second = make_scene(other, looking(8, distance=0.6), replace(REAL, neighbour=False), seed=1)
    frame, mask, _ = joined_scene(first, second)
    return Given.of(frame, mask), mesh


def scaled_K(factor: float, centre: bool = True) -> Camera:
    K = CAMERA.K.clone()
    K[:2] *= factor
    if not centre:
        K[:, 2] = CAMERA.K[:, 2]
    return Camera(K, WIDTH, HEIGHT)


def with_K(given: Given, fx: float, fy: float, cx: float, cy: float) -> Given:
    return replace(given, camera=Camera(torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]]), WIDTH, HEIGHT))


def moved(picture: np.ndarray, x: int, y: int) -> np.ndarray:
    return np.roll(picture, (y, x), (0, 1))


def ellipse(given: Given) -> Given:
    """A mask on the wall, where nothing is."""
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    empty = (given.seen > 0.85) & (np.hypot((rows - 40) / 2, columns - 50) < 16)
    assert empty.sum() > 400
    return replace(given, mask=empty)


def swapped_camera(given: Given) -> Given:
    return replace(given, camera=Camera(CAMERA.K, HEIGHT, WIDTH))


MISTAKES = {  # what is done to a right input: the cause, and the factor by which it is too large then
    "depth x 10": (lambda g: replace(g, depth=g.depth * 10), "depth scale", 10),
    "depth x 0.1": (lambda g: replace(g, depth=g.depth / 10), "depth scale", 0.1),
    "depth x 1000": (lambda g: replace(g, depth=g.depth * 1000), "depth scale", 1000),
    "depth x 0.001": (lambda g: replace(g, depth=g.depth / 1000), "depth scale", 0.001),
    "K x 2": (lambda g: replace(g, camera=scaled_K(2)), "K resolution", 2),
    "K x 0.5": (lambda g: replace(g, camera=scaled_K(0.5)), "K resolution", 0.5),
    "K x 2 without depth": (lambda g: replace(g, camera=scaled_K(2), depth=None), "K resolution", 2),
    "f x 2": (lambda g: replace(g, camera=scaled_K(2, centre=False)), "K focal length", 2),
    "f x 0.5": (lambda g: replace(g, camera=scaled_K(0.5, centre=False)), "K focal length", 0.5),
    "camera of twice the size": (
        lambda g: replace(g, camera=Camera(CAMERA.K, WIDTH, HEIGHT).resize(2 * WIDTH, 2 * HEIGHT)),
        "K resolution",
        2,
    ),
    "width and height swapped": (swapped_camera, "size swapped", None),
    "x and y of K swapped": (lambda g: with_K(g, 301, 300, 118.6, 160.3), "size swapped", None),
    "fx cx fy cy for fx fy cx cy": (lambda g: with_K(g, 300, 160.3, 301, 118.6), "K entries", None),
    "K of 640 x 400 on a crop": (lambda g: with_K(g, 300, 301, 319.5, 199.5), "K crop", None),
    "depth shifted": (lambda g: replace(g, depth=moved(g.depth, 10, 0)), "depth shifted", None),
    "depth mirrored": (lambda g: replace(g, depth=np.fliplr(g.depth)), "depth mirrored", None),
    "depth of half the size": (lambda g: replace(g, depth=g.depth[::2, ::2]), "depth size", 0.5),
    "depth transposed": (lambda g: replace(g, depth=g.depth.T), "size swapped", None),
    "no depth measured": (lambda g: replace(g, depth=0 * g.depth), "depth missing", None),
    "mask moved": (lambda g: replace(g, mask=moved(g.mask, -70, 20)), "mask elsewhere", None),
    "mask moved without depth": (
        lambda g: replace(g, mask=moved(g.mask, -70, 20), depth=None),
        "mask elsewhere",
        None,
    ),
    "mask on the wall": (ellipse, "mask elsewhere", None),
    "mask mirrored": (lambda g: replace(g, mask=np.fliplr(g.mask)), "mask mirrored", None),
    "mask inverted": (lambda g: replace(g, mask=~g.mask), "mask inverted", None),
    "mask of the whole picture": (lambda g: replace(g, mask=np.ones_like(g.mask)), "mask extent", None),
    "mask empty": (lambda g: replace(g, mask=0 * g.mask), "mask empty", None),
    "mask of half the size": (lambda g: replace(g, mask=g.mask[::2, ::2]), "mask size", 0.5),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str):
    given, mesh = scene(NAMES[len(mistake) % 2])
    change, cause, factor = MISTAKES[mistake]
    findings = check(change(given), object=mesh)
    assert [finding.cause for finding in findings] == [cause]
    if factor is not None:
        assert findings[0].factor == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize(
    ("name", "factor"),
    list(zip(2 * NAMES + 2 * NAMES[::-1], [10, 25.4, 1000, 0.1, 1 / 25.4, 0.001, 100, 0.01], strict=True)),
)
def test_a_unit_of_the_mesh_is_told_from_a_depth_scale(name: str, factor: float):
    given, mesh = scene(name)
    [finding] = check(given, object=mesh.scaled(factor))
    assert (finding.cause, finding.subject) == ("mesh unit", "object")
    assert finding.factor == pytest.approx(factor, rel=1e-6)


@pytest.mark.parametrize("name", [*NAMES, "can", "mug"])
def test_a_right_input_is_not_blamed(name: str):
    mesh = MESHES[name]()
    for seed in range(2):
        right = make_scene(mesh, looking(seed), REAL, seed)
        without_depth = Frame(right.frame.rgb, CAMERA)
        assert check(right.frame, right.mask, mesh) == ()
        assert check(without_depth, right.mask, mesh) == ()
        assert check(right.frame) == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_crop_is_not_taken_for_another_resolution(name: str):
    given, mesh = scene(name)
    top, left = 31, 17
    rows, columns = np.nonzero(given.mask)
    height, width = rows.max() + 20 - top, columns.max() + 25 - left
    window = np.s_[top : top + height, left : left + width]
    camera = CAMERA.crop(left, top, width, height)
    crop = Given(given.rgb[window], camera, given.depth[window], given.mask[window])
    assert check(crop, object=mesh) == ()


def test_where_sizes_and_distances_are_odd_both_ways_both_causes_are_named():
    """An object of 64 cm 1.9 m off shows what one of 6 cm does 19 cm off."""
    given, mesh = scene("printed_box")
    far = replace(given, depth=given.depth * 4.2)
    findings = check(far, object=mesh.scaled(0.42))
    assert {finding.cause for finding in findings} == {"mesh unit", "depth scale"}
    assert {finding.certainty for finding in findings} == {"possible"}


def test_swapped_red_and_blue_are_seen_on_a_red_object():
    box = MESHES["printed_box"]()
    red = Mesh(
        box.vertices, box.faces, vertex_colors=torch.tensor([0.7, 0.2, 0.1]).expand(len(box.vertices), 3)
    )
    right = make_scene(red, looking(2), REAL)
    assert check(right.frame, right.mask, red) == ()
    swapped = Frame(right.frame.rgb.flip(-1), CAMERA, right.frame.depth)
    assert [finding.cause for finding in check(swapped, right.mask, red)] == ["colour order"]


def test_missing_depth_may_be_nan():
    given, mesh = scene("printed_box")
    depth = np.where(given.depth > 0, given.depth, np.nan)
    assert check(replace(given, depth=depth), object=mesh) == ()


def test_depth_of_the_object_alone_is_enough():
    given, mesh = scene("painted_blob")
    alone = replace(given, depth=np.where(given.mask, given.depth, 0))
    assert check(alone, object=mesh) == ()
    [finding] = check(replace(alone, depth=moved(alone.depth, 0, -12)), object=mesh)
    assert finding.cause == "depth shifted"


def test_a_large_picture_is_judged_at_a_smaller_size():
    given, mesh = scene("printed_box")
    rgb, depth, mask = (picture.repeat(5, 0).repeat(5, 1) for picture in (given.rgb, given.depth, given.mask))
    camera = CAMERA.resize(5 * WIDTH, 5 * HEIGHT)
    [finding] = check(Given(rgb, camera, moved(depth, 0, 60), mask), object=mesh)
    assert finding.cause == "depth shifted"
    assert "60 px" in finding.found


def test_a_finding_is_one_line_and_a_record():
    finding = Finding("depth scale", "depth", "a median of 700 m", "some metres", "divide it by 1000", 1000.0)
    assert str(finding) == (
        "depth scale (likely): depth: found a median of 700 m, expected some metres; divide it by 1000"
    )
    assert finding.record()["factor"] == 1000.0
    with pytest.raises(ValueError, match="no cause"):
        Finding("bad luck", "depth", "", "", "")
    assert {cause for _, cause, _ in MISTAKES.values()} <= set(CAUSES)


def test_other_types_are_refused_by_name():
    given, mesh = scene("printed_box")
    with pytest.raises(InputError, match="frame: found ndarray"):
        check(given.rgb)
    with pytest.raises(InputError, match="object: found str"):
        check(given, object="printed_box")
    with pytest.raises(InputError, match="mask: found shape"):
        check(given, given.rgb, mesh)


def test_an_unsure_estimate_says_the_likely_cause():
    model = onboarded("printed_box")
    right = make_scene(model.mesh, looking(3), REAL)
    estimator = PoseEstimator([model])
    [sure] = estimator.estimate(right.frame, right.mask)
    assert not sure.warnings
    K = scaled_K(2)
    [unsure] = estimator.estimate(Frame(right.frame.rgb, K, right.frame.depth), right.mask)
    assert unsure.confidence < sure.confidence
    assert any(warning.startswith("K resolution") for warning in unsure.warnings)
