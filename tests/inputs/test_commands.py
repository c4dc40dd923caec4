"""The commands: names that are taken, places that cannot be written to, boxes as people write them."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from objpose.cli import main
from objpose.io import ViewImage, write_image, write_json, write_mesh
from objpose.io.orientation import Orientation
from objpose.objects import ObjectModel
from tests.geometry.shapes import box
from tests.inputs.habits import habit
from tests.synthetic import CAMERA, HEIGHT, WIDTH, looking, make_scene, onboarded

KIND = "Commands"
Command = Callable[..., Result]


@pytest.fixture
def objpose_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `objpose ...` in an empty folder with the object templates/box."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OBJPOSE_TEMPLATES", raising=False)
    replace(onboarded("printed_box"), name="box").save(tmp_path / "templates" / "box")
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Good arguments of `objpose estimate`, but for a place: a picture of the box in ./view."""
    scene = make_scene(onboarded("printed_box").mesh, looking(1))
    view = tmp_path / "view"
    view.mkdir()
    write_image(view / "rgb.png", scene.frame.rgb.numpy())
    write_image(view / "depth.png", (scene.frame.depth.numpy() * 1000).round().astype(np.uint16))
    write_image(view / "mask.png", scene.mask.numpy())
    K = CAMERA.K.flatten().tolist()
    write_json(view / "camera.json", {"K": K, "width": WIDTH, "height": HEIGHT})
    return ["estimate", "view/rgb.png", "--camera", "view/camera.json", "--depth", "view/depth.png"]


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any of the long works fails the test."""
    searches = [("estimator.search", name) for name in ("segment", "segmented")]
    for module, name in [("onboarding.views", "fit_splats"), *searches]:
        stop = lambda *_, **__: pytest.fail("work was done")  # noqa: E731
        monkeypatch.setattr(importlib.import_module(f"objpose.{module}"), name, stop)


def one_line(result: Result) -> str:
    assert result.exit_code == 2 and result.stderr.count("\n") == 1, result.output
    return result.stderr


@habit(
    KIND,
    "`objpose onboard` of another mesh under a name that is taken",
    "refused in the command's words: `--name b`, `--replace`",
    "took the place in silence",
)
def test_a_taken_name(objpose_command: Command) -> None:
    for folder, length in (("box", 0.1), ("b", 0.2)):
        Path(folder).mkdir()
        write_mesh(Path(folder) / "box.ply", box(length, 0.06, 0.04))
    said = one_line(objpose_command("onboard", "b/box.ply"))
    assert said.startswith("error: templates/box: found another object (of a mesh, ")
    assert "--name b," in said and "--replace" in said and "=" not in said
    assert ObjectModel.load("templates/box").content == onboarded("printed_box").content


@habit(
    KIND,
    "`objpose onboard-views` under a name that is taken, or into a place that cannot be written to",
    "refused before the fit",
    "after minutes of work, or not at all",
)
@pytest.mark.parametrize("more", [["--name", "box"], ["--name", "Box"], ["--out", "view/rgb.png"]])
def test_views_for_a_taken_name(
    more: list[str], objpose_command: Command, arguments: list[str], no_work: None
) -> None:
    folder = Path("drill")
    for kind in ("masks", "depth"):
        (folder / kind).mkdir(parents=True)
    frames = []
    for i in range(2):
        for kind, name in ((".", "rgb"), ("masks", "mask"), ("depth", "depth")):
            shutil.copy(f"view/{name}.png", folder / kind / f"{i}.png")
        world_from_cam = looking(i).inverse().matrix().tolist()
        frames.append({"file_path": f"{i}.png", "transform_matrix": world_from_cam})
    intrinsics = {"fl_x": 300.0, "fl_y": 301.0, "cx": 160.8, "cy": 119.1, "w": WIDTH, "h": HEIGHT}
    write_json(folder / "transforms.json", intrinsics | {"frames": frames})
    assert one_line(objpose_command("onboard-views", "drill", *more)).startswith("error: ")


@habit(
    KIND,
    "`objpose estimate` where nothing can be written (read-only folder, full disk)",
    "said before the work; the poses are printed all the same; exit code 0, or 3 where --out was given",
    "an error after the work, and no pose",
)
def test_a_place_that_cannot_be_written(
    objpose_command: Command, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = [*arguments, "--object", "box", "--mask", "view/mask.png"]
    Path("objpose_output").write_text("a file in the way")
    result = objpose_command(*more)
    assert result.exit_code == 0 and "box: confidence" in result.stdout and "written" not in result.stdout
    assert result.stderr.startswith("warning: objpose_output: found ") and "--out" in result.stderr
    result = objpose_command(*more, "--out", "view/rgb.png/deeper", "--json")
    assert result.exit_code == 3 and json.loads(result.stdout)["poses"][0]["object"] == "box"

    def full_disk(path: Path, records: dict) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("objpose.io.write_json", full_disk)
    result = objpose_command(*more, "--out", "found")
    assert result.exit_code == 3 and "box: confidence" in result.stdout
    assert "warning: found: found No space left on device" in result.stderr


@habit(
    KIND,
    "`--bbox` and `--point` with spaces, brackets, semicolons or decimals",
    "read",
    "found [120, 80, 60, 40], expected four numbers",
)
@pytest.mark.parametrize(
    "text", ["{},{},{},{}", "{} {} {} {}", "[{}, {}, {}, {}]", "({}.0; {}.0; {}.0; {}.0)"]
)
def test_boxes_as_people_write_them(text: str, objpose_command: Command) -> None:
    from objpose.cli.regions import Region
    from objpose.frame import Frame

    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame, photo = Frame(black, CAMERA), ViewImage(black, Orientation(), False, None)
    Region(None, None, text.format(12, 8, 60, 40), ()).check_within(frame, photo)
    assert Region(None, None, text.format(12, 8, 60, 40), ())._box(frame) == (12, 8, 60, 40)


@habit(
    KIND,
    "`--bbox` as two corners x1,y1,x2,y2",
    "refused where it leaves the picture as x,y,w,h and fits as corners, with both written out",
    "taken for width and height: another mask, in silence",
)
def test_a_box_as_corners(objpose_command: Command, arguments: list[str], no_work: None) -> None:
    said = one_line(objpose_command(*arguments, "--object", "box", "--bbox", "100,60,300,220"))
    assert "--bbox: found 100,60,300,220" in said
    assert "give 100,60,200,160 if these are two corners, else 100,60,220,180" in said


@habit(
    KIND,
    "Two meshes of one file name in one `objpose estimate`",
    "refused: onboard them first, each with a --name of its own",
    "onboard with name=, which the command does not have",
)
def test_two_files_of_one_name(objpose_command: Command, arguments: list[str]) -> None:
    both = ["--object", "templates/box", "--object", "box"]
    assert "each with a --name of its own" in one_line(objpose_command(*arguments, *both))


@habit(
    KIND,
    "A damaged or foreign folder under a name",
    "refused, nothing touched; `--replace` takes the place of a damaged object",
    "the same",
)
def test_a_damaged_folder(objpose_command: Command, arguments: list[str]) -> None:
    Path("templates/box/object.json").write_text("{")
    said = one_line(objpose_command(*arguments, "--object", "box", "--mask", "view/mask.png"))
    assert "templates/box: found a damaged file" in said and "onboard the object again" in said


@habit(
    KIND,
    "`objpose onboard` of a folder, of the name of an object, of a file that is not there",
    "named, with the meshes in the folder",
    "found the suffix 'none'",
)
def test_no_mesh_file(objpose_command: Command) -> None:
    Path("meshes").mkdir()
    write_mesh("meshes/m.ply", box(0.1, 0.06, 0.04))
    assert "a folder of meshes, expected a mesh file; give meshes/m.ply" in one_line(
        objpose_command("onboard", "meshes")
    )
    assert "a folder without a mesh" in one_line(objpose_command("onboard", "templates/box"))
    assert "box: found no such file" in one_line(objpose_command("onboard", "box"))


@habit(
    KIND,
    "`objpose cameras --out` into a file or a place that cannot be written to",
    "refused before the work",
    "after it",
)
def test_no_place_for_cameras(objpose_command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("taken").touch()
    recover = importlib.import_module("objpose.cameras")
    monkeypatch.setattr(recover, "recover_cameras", lambda *_, **__: pytest.fail("work was done"))
    assert "which is a file" in one_line(objpose_command("cameras", ".", "--out", "taken"))


@habit(
    KIND,
    "`objpose onboard-views` of a folder that is not there, of transforms.json itself, with a mask missing",
    "named once, with the cure",
    "found no cameras; of the mask in two lines that contradict each other",
)
def test_no_folder_of_views(objpose_command: Command, arguments: list[str]) -> None:
    assert "nope: found no such folder" in one_line(objpose_command("onboard-views", "nope"))
    file = "view/transforms.json"
    pose = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]]
    frames = [{"file_path": name, "transform_matrix": pose} for name in ("rgb.png", "mask.png")]
    lens = {"fl_x": 500, "fl_y": 500, "cx": WIDTH / 2, "cy": HEIGHT / 2, "w": WIDTH, "h": HEIGHT}
    write_json(file, lens | {"frames": frames})
    assert "give the folder that it is in" in one_line(objpose_command("onboard-views", file))
    Path("view/masks").mkdir()
    shutil.copy("view/mask.png", "view/masks/rgb.png")
    assert "no mask of mask.png" in one_line(objpose_command("onboard-views", "view"))
