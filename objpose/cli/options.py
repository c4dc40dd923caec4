"""Options that several commands have: a frame's files, the object's place in it, where the answer goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from objpose.cli.output import OUT

Command = Callable[..., Any]

FILE = click.Path(path_type=Path)
DEPTH_SCALE = click.option(
    "--depth-scale",
    type=float,
    help="Metres per stored unit.  [default: the camera file's, else 0.001 of 16-bit pictures, 1 of floats]",
)
CAMERA = click.option(
    "--camera", type=FILE, required=True, help="Camera file: K, width, height, lens; of BOP, ROS, OpenCV, ..."
)
_PLACE = (
    click.option("--mask", type=FILE, help="Picture of the object's visible pixels; COCO or LabelMe JSON."),
    click.option("--mask-label", help="What means the object in a mask of several: a number or #rrggbb."),
    click.option("--bbox", help="x,y,w,h in pixels: a box around the object; not its corners."),
    click.option("--point", "points", multiple=True, help="x,y in pixels: a point on it; repeatable."),
)
_ANSWER = (
    click.option("--json", "as_json", is_flag=True, help="The answer as JSON on stdout, nothing else there."),
    click.option(
        "--out", type=FILE, help=f"Folder for poses.json and overlay.png.  [default: {OUT}; none with --json]"
    ),
    click.option("--seed", default=0, show_default=True, help="The same seed gives the same answer."),
)


def with_place(command: Command) -> Command:
    """--mask, --mask-label, --bbox and --point, of which `Region` is made."""
    return _with(_PLACE, command)


def with_answer(command: Command) -> Command:
    """--json and --out, of which `Output` is made, and --seed."""
    return _with(_ANSWER, command)


def _with(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
