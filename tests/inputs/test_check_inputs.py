"""`objpose check` on files as people have them: the cause is named, with the factor and the cure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from objpose import Frame, ObjectModel, PoseEstimator
from objpose.cli import main
from objpose.io import read_camera, read_depth, read_image, read_mask, read_mesh, write_mesh
from tests.conftest import REPOSITORY
from tests.example_object import onboarded_example
from tests.inputs.habits import habit

DATA = REPOSITORY / "examples" / "data"
KIND = "What does not fit: objpose check"
Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs the command on the example's files, some of them replaced; None leaves one out."""

    def run(**changed: Path | str | float | None) -> Result:
        given = {name: DATA / f"{name}.png" for name in ("depth", "mask")}
        given |= {"camera": DATA / "camera.json", "object": DATA / "watering_can.glb"} | changed
        options = [
            part for name, value in given.items() if value is not None for part in _option(name, value)
        ]
        return CliRunner().invoke(main, ["check", str(DATA / "rgb.png"), *options])

    return run


def _option(name: str, value: object) -> tuple[str, str]:
    return f"--{name.replace('_', '-')}", str(value)


def camera_file(folder: Path, factor: float = 1.0, **changed: object) -> Path:
    """The example's camera, K multiplied, members replaced."""
    camera = json.loads((DATA / "camera.json").read_text())
    K = factor * np.array(camera["K"])
    camera |= {"K": [*K[:2].tolist(), [0, 0, 1]]} | changed
    (folder / "camera.json").write_text(json.dumps(camera))
    return folder / "camera.json"


def picture(folder: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """A picture of the example, changed."""
    Image.fromarray(change(np.array(Image.open(DATA / name)))).save(folder / name)
    return folder / name


def mesh_file(folder: Path, factor: float) -> Path:
    """The example's object, in another unit than metres."""
    write_mesh(folder / "can.ply", read_mesh(DATA / "watering_can.glb").scaled(factor))
    return folder / "can.ply"


def says(result: Result, cause: str, *words: str) -> None:
    """One finding, and nothing else blamed."""
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith(cause)
    assert all(word in lines[0] for word in words)
    assert len(lines) == 1 or lines[1].startswith("not judged")


@habit(KIND, "files that fit", "nothing is blamed, exit code 0")
def test_right_files_are_not_blamed(check: Check):
    result = check()
    assert (result.exit_code, result.stdout) == (0, "nothing speaks against these inputs\n")


@habit(
    KIND,
    "no depth",
    "says what cannot be told: the mesh's unit, the depth scale, the focal length; exit code 0",
)
def test_what_cannot_be_told_is_said(check: Check):
    result = check(depth=None)
    assert result.exit_code == 0
    assert "not judged without --depth: the mesh's unit" in result.stdout


@habit(
    KIND,
    "depth scale 10 or 1000 times off",
    "`depth scale`, with the factor and what to give",
    "a pose 249 mm off, confidence 0.01, or 'a median of 700 m'",
)
@pytest.mark.parametrize(
    ("scale", "words"),
    [(0.01, "10 times too large"), (1e-6, "1000 times too small"), (1000.0, "1e+06 times too large")],
)
def test_a_depth_scale_is_named(check: Check, scale: float, words: str):
    says(check(depth_scale=scale), "depth scale", words)


@habit(
    KIND,
    "`depth_scale` in metres (0.001) where BOP counts millimetres",
    "read as metres, which a warning says: nothing to blame",
    "'a median of 0.0007 m, expected a scene of some metres'",
)
def test_a_depth_scale_in_metres_is_understood(check: Check, tmp_path: Path):
    result = check(camera=camera_file(tmp_path, depth_scale=0.001))
    assert result.exit_code == 0 and "read as metres a unit" in result.stderr


@habit(
    KIND,
    "a mesh in cm, or in inch read as mm",
    "`mesh unit`: 10 or 25.4 times too small, told apart from a wrong depth scale",
    "a pose 10 times too near without depth, confidence 0.002 with it",
)
@pytest.mark.parametrize(("units_per_metre", "words"), [(100, "10 times"), (1000 / 25.4, "25.4 times")])
def test_a_unit_of_the_mesh_is_named(check: Check, tmp_path: Path, units_per_metre: float, words: str):
    says(check(object=mesh_file(tmp_path, units_per_metre)), "mesh unit", words)


@habit(
    KIND,
    "K of twice or half the picture's size",
    "`K resolution`, with the factor to divide K by, with depth and without",
    "a pose 249 mm off, confidence 0.01, no word of K",
)
@pytest.mark.parametrize("depth", [DATA / "depth.png", None])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_K_of_another_resolution_is_named(check: Check, tmp_path: Path, factor: float, depth: Path | None):
    says(
        check(camera=camera_file(tmp_path, factor), depth=depth), "K resolution", f"divide K by {factor:.0g}"
    )


@habit(
    KIND,
    "a camera file of another size than the picture, or with width and height swapped",
    "`K resolution` or `size swapped`, and the rest is judged all the same",
    "one refusal that hides the rest",
)
def test_sizes_that_disagree_are_named(check: Check, tmp_path: Path):
    camera = json.loads((DATA / "camera.json").read_text())
    size = camera["width"], camera["height"]
    double = camera_file(tmp_path, 2, width=2 * size[0], height=2 * size[1])
    says(check(camera=double), "K resolution", f"Camera.resize({size[0]}, {size[1]})")
    says(
        check(camera=camera_file(tmp_path, width=size[1], height=size[0])), "size swapped", "width and height"
    )


@habit(
    KIND,
    "a depth scale, a focal length or a mesh 10 % off, which no size looks wrong by",
    "a low confidence where the outline is in view; a warning and `stats` say how much larger it appears",
    "a pose of confidence 0.9 and more, off by as much",
)
@pytest.mark.parametrize("factor", [0.9, 1.15])
def test_a_scale_that_fits_the_depth_is_told_by_the_picture(factor: float):
    can = ObjectModel.load(onboarded_example()[1] / "watering_can")
    camera, _ = read_camera(DATA / "camera.json")
    depth = read_depth(DATA / "depth.png", scale_m=0.001 * factor)
    frame = Frame(read_image(DATA / "rgb.png"), camera, depth)
    (found,) = PoseEstimator([can]).estimate(frame, read_mask(DATA / "mask.png"))
    assert found.confidence < 0.25
    assert found.stats["picture_larger"] == pytest.approx(factor, abs=0.05)
    assert any("than the depth does" in warning for warning in found.warnings)


@habit(
    KIND,
    "depth not registered to the picture, of another size, or mirrored",
    "`depth shifted` with the pixels, `depth size`, `depth mirrored`",
    "a pose of confidence 0.9 that is off by the shift; no word of it",
)
def test_depth_that_lies_elsewhere_is_named(check: Check, tmp_path: Path):
    shifted = picture(tmp_path, "depth.png", lambda depth: np.roll(depth, 12, axis=1))
    says(check(depth=shifted), "depth shifted", "12 px right")
    says(check(depth=picture(tmp_path, "depth.png", lambda depth: depth[::2, ::2])), "depth size")
    says(check(depth=picture(tmp_path, "depth.png", np.fliplr)), "depth mirrored", "left to right")


@habit(
    KIND,
    "a mask that is moved, mirrored, inverted or of another size",
    "`mask elsewhere` with where its border fits, `mask mirrored`, `mask inverted`, `mask size`",
    "a pose of what is under the mask, low confidence, no word of the mask",
)
@pytest.mark.parametrize("depth", [DATA / "depth.png", None])
def test_a_mask_that_is_not_on_the_object_is_named(check: Check, tmp_path: Path, depth: Path | None):
    changes = {
        "mask elsewhere": lambda mask: np.roll(mask, (-30, -80), axis=(0, 1)),
        "mask mirrored": np.fliplr,
        "mask inverted": lambda mask: 255 - mask,
        "mask size": lambda mask: mask[::2, ::2],
    }
    for cause, change in changes.items():
        says(check(mask=picture(tmp_path, "mask.png", change), depth=depth), cause)


def test_a_file_that_cannot_be_read_does_not_hide_the_rest(check: Check, tmp_path: Path):
    (tmp_path / "mask.png").write_text("no picture")
    result = check(mask=tmp_path / "mask.png", camera=camera_file(tmp_path, 2))
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:2]] == [
        "refused",
        "K resolution (likely)",
    ]


def test_findings_are_printed_as_json(tmp_path: Path):
    camera = camera_file(tmp_path, 2)
    result = CliRunner().invoke(main, ["check", str(DATA / "rgb.png"), "--camera", str(camera), "--json"])
    [finding] = json.loads(result.stdout)
    assert finding["cause"] == "K resolution"
    assert finding["factor"] == pytest.approx(2, rel=0.05)


def test_an_unreadable_picture_is_unusable(tmp_path: Path):
    assert CliRunner().invoke(main, ["check", str(tmp_path / "none.png")]).exit_code == 2


def test_the_field_camera_is_named(check: Check, shared_data: Path):
    says(check(camera=shared_data / "field" / "cameras" / "K_double.json"), "K resolution")


@habit(KIND, "K of 3 or 4 times the picture's size, which no camera of this size has; with depth or alone",
       "`K resolution` with the factor; the depth unit of the file counts still",
       "`camera K: principal point far outside`, no factor")  # fmt: skip
@pytest.mark.parametrize("factor", [3.0, 4.0])
def test_K_far_outside(check, tmp_path, factor):
    for changed in ({}, {"depth": None, "mask": None, "object": None}):
        result = check(camera=camera_file(tmp_path, factor), **changed)
        assert result.exit_code == 1
        assert result.stdout.startswith("K resolution") and f"divide K by {factor:g}" in result.stdout
        assert len([line for line in result.stdout.splitlines() if "expected" in line]) == 1
    for K in ([[0.9, 0, 0.5], [0, 1.2, 0.5], [0, 0, 1]], [[-600, 0, 320], [0, 600, 240], [0, 0, 1]]):
        result = check(camera=camera_file(tmp_path, K=K), mask=None, object=None)
        assert result.stdout.startswith("refused: camera K: ")


@habit(KIND, "`--units m` for a mesh in mm", "`mesh unit`, with the factor 1000",
       "`mesh unit`, without it")  # fmt: skip
def test_units_beyond_all_objects(check, tmp_path):
    result = check(object=mesh_file(tmp_path, 1000), units="m")
    assert result.exit_code == 1 and result.stdout.startswith("mesh unit") and "1000" in result.stdout
    assert "read as m" in check(object=mesh_file(tmp_path, 1000), units="m", depth=None).stdout


@habit(KIND, "depth of a real sensor, 10 px beside the picture", "`depth shifted`",
       "nothing, where the edges of the depth are blurred")  # fmt: skip
def test_real_depth_beside_the_picture(shared_data, tmp_path):
    scene = shared_data / "real" / "ycb_real" / "test" / "000002"
    picture = next((scene / "rgb").glob("000001.*"))
    depth = np.array(Image.open(scene / "depth" / "000001.png"))
    shifted = {"right": depth, "below": np.roll(depth, 10, 0)}
    for name, pixels in shifted.items():
        Image.fromarray(pixels).save(tmp_path / "depth.png")
        command = ["check", str(picture), "--depth", str(tmp_path / "depth.png"), "--depth-scale", "0.0001"]
        said = CliRunner().invoke(main, command).stdout
        assert ("depth shifted" in said) == (name != "right")
