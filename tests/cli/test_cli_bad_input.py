"""Unusable input: one line that names it, exit code 2, nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from objpose.io import write_image, write_json
from tests.cli.conftest import command_line

SIZE = (480, 640)
EMPTY_MASK = np.zeros(SIZE, dtype=bool)
SMALL_MASK = np.ones((240, 320), dtype=bool)
CAMERA_OF_4K = '{"K": [9e3, 0, 4e3, 0, 9e3, 3e3, 0, 0, 1], "width": 640, "height": 480}'
NO_DEPTH = np.zeros(SIZE, dtype=np.uint16)


def picture(array: np.ndarray) -> Callable[[], str]:
    """Writes a picture when called, and gives its name."""

    def write() -> str:
        write_image("made.png", array)
        return "made.png"

    return write


def text(name: str, content: str) -> Callable[[], str]:
    """Writes a file when called, and gives its name."""

    def write() -> str:
        Path(name).write_text(content)
        return name

    return write


CASES = {
    "empty mask": ("--mask", picture(EMPTY_MASK), "made.png: found no pixel set"),
    "mask of another size": ("--mask", picture(SMALL_MASK), "made.png: found 320 x 240, expected 640 x 480"),
    "depth of zeros": ("--depth", picture(NO_DEPTH), "depth: found 0 everywhere"),
    "depth of another size": ("--depth", picture(np.ones((9, 9), np.uint16)), "depth: found 9 x 9"),
    "depth in the wrong unit": ("--depth-scale", lambda: "1.0", "expected a scene of some metres"),
    "a colour image as depth": ("--depth", picture(np.ones((*SIZE, 3), np.uint8)), "expected a depth map"),
    "no such image": ("rgb", lambda: "gone.png", "gone.png: found no such file"),
    "a text as image": ("rgb", text("made.png", "hello"), "found a file that is no picture"),
    "K of another image": ("--camera", text("c.json", CAMERA_OF_4K), "camera K: found principal point"),
    "camera without K": ("--camera", text("c.json", "{}"), "c.json: found members none"),
    "broken JSON": ("--camera", text("c.json", '{"K": ['), "expected valid JSON"),
    "unknown object": ("--object", lambda: "teapot", "object teapot: found nothing at"),
    "a box off the image": ("--bbox", lambda: "700,10,20,20", "--bbox: found 700,10,20,20"),
    "a box of words": ("--bbox", lambda: "here", "expected four numbers"),
    "a point of words": ("--point", lambda: "there", "expected two numbers"),
    "a point off the image": ("--point", lambda: "700,10", "points: found [[700.0, 10.0]]"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line(
    case: str, objpose_command: Callable[..., Result], estimate_arguments: dict[str, object]
) -> None:
    option, make, complaint = CASES[case]
    spoiled = {**estimate_arguments, option: make()}
    if option in ("--bbox", "--point"):
        spoiled["--mask"] = None
    made = set(Path.cwd().rglob("*"))
    result = objpose_command(*command_line(spoiled))
    assert result.exit_code == 2
    assert complaint in result.stderr and result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1 and result.stdout == ""
    assert set(Path.cwd().rglob("*")) == made


def test_only_one_place_is_taken_and_for_one_object(
    objpose_command: Callable[..., Result], estimate_arguments: dict[str, object]
) -> None:
    both = objpose_command(*command_line({**estimate_arguments, "--bbox": "1,1,9,9"}))
    assert "--mask, --bbox: found more than one, expected one of them" in both.stderr
    two = objpose_command(*command_line(estimate_arguments), "--object", "watering_can")
    assert "--mask: found 2 of --object" in two.stderr
    assert both.exit_code == two.exit_code == 2


def test_a_depth_scale_needs_depth(
    objpose_command: Callable[..., Result], estimate_arguments: dict[str, object]
) -> None:
    result = objpose_command(*command_line({**estimate_arguments, "--depth": None, "--depth-scale": "0.001"}))
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --depth-scale: found 0.001, expected a depth image with it")


def test_a_torn_template_is_named(
    objpose_command: Callable[..., Result], estimate_arguments: dict[str, object]
) -> None:
    Path("torn").mkdir()
    write_json("torn/object.json", {"format": 1})
    result = objpose_command(*command_line({**estimate_arguments, "--object": "torn"}))
    assert result.exit_code == 2
    assert result.stderr.startswith("error: torn: found no arrays.safetensors")


def test_wrong_options_are_one_line(objpose_command: Callable[..., Result]) -> None:
    for arguments in (["estimate"], ["onboard", "x.ply", "--units", "inch"], ["teleport"]):
        result = objpose_command(*arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
