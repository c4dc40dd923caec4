"""`objpose estimate`: an object, an RGB-D image and where to look; the pose out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from objpose import Frame

FILE = click.Path(path_type=Path)
MILLIMETRES = 0.001  # metres per stored unit, where neither the option nor the camera file says
OUT = Path("objpose_output")


@click.command()
@click.argument("rgb", type=FILE)
@click.option("--depth", type=FILE, required=True, help="Depth image registered to RGB; 0 = missing.")
@click.option(
    "--depth-scale", type=float, help="Metres per stored unit.  [default: the camera file's, else 0.001]"
)
@click.option("--camera", type=FILE, required=True, help="BOP's camera.json, or K, width and height.")
@click.option("--object", "object_name", required=True, help="An onboarded object, or a mesh file.")
@click.option("--mask", type=FILE, help="Picture of the object's visible pixels.")
@click.option("--bbox", help="x,y,w,h in pixels, in place of a mask.")
@click.option("--json", "as_json", is_flag=True, help="Poses as JSON on stdout, and nothing else there.")
@click.option(
    "--out", type=FILE, help=f"Folder for poses.json and overlay.png.  [default: {OUT}; none with --json]"
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same answer.")
def estimate(
    rgb: Path,
    depth: Path,
    depth_scale: float | None,
    camera: Path,
    object_name: str,
    mask: Path | None,
    bbox: str | None,
    as_json: bool,
    out: Path | None,
    seed: int,
) -> None:
    """Find an object in the image RGB.

    Prints the pose, how sure it is and how precise, and writes poses.json and overlay.png.
    """
    import objpose
    from objpose.cli.report import pose_records, summary

    frame = _read_frame(rgb, depth, depth_scale, camera)
    where = frame.checked_mask(_read_region(mask, bbox, frame.size), str(mask or f"--bbox {bbox}"))
    model = objpose.load_object(object_name)
    estimator = objpose.PoseEstimator([model], objpose.EstimatorOptions(seed=seed))
    estimates = estimator.estimate(frame, where)
    records = {"image": str(rgb), "seed": seed, "poses": pose_records(estimates)}
    if out is not None or not as_json:
        out = out or OUT
        _write(out, records, objpose.draw_overlay(frame, estimates, [model]))
    if as_json:
        click.echo(json.dumps(records, indent=1))
        return
    click.echo(summary(estimates))
    click.echo(f"written to {out / 'poses.json'} and {out / 'overlay.png'}")


def _read_frame(rgb: Path, depth: Path, depth_scale: float | None, camera: Path) -> Frame:
    from objpose import Frame
    from objpose.io import read_camera, read_depth, read_image

    intrinsics, scale_of_file = read_camera(camera)
    scale = depth_scale if depth_scale is not None else scale_of_file or MILLIMETRES
    return Frame(read_image(rgb), intrinsics, read_depth(depth, scale))


def _read_region(mask: Path | None, bbox: str | None, size: tuple[int, int]) -> np.ndarray:
    """The pixels to look at, (H,W) bool, from a mask or from the whole of a box."""
    from objpose.io import read_mask

    if (mask is None) == (bbox is None):
        found = "neither" if mask is None else "both"
        raise InputError("--mask, --bbox", found, "one of them", "say where the object is once")
    return read_mask(mask) if mask is not None else _box_mask(bbox, size)


def _box_mask(bbox: str, size: tuple[int, int]) -> np.ndarray:
    import numpy as np

    try:
        x, y, width, height = (round(float(number)) for number in bbox.split(","))
    except ValueError as error:
        raise InputError("--bbox", bbox, "four numbers x,y,w,h", "e.g. --bbox 120,80,60,40") from error
    if width <= 0 or height <= 0 or x >= size[1] or y >= size[0] or x + width <= 0 or y + height <= 0:
        raise InputError(
            "--bbox", bbox, f"a box within {size[1]} x {size[0]}", "use x,y,w,h in pixels of RGB"
        )
    region = np.zeros(size, dtype=bool)
    region[max(y, 0) : y + height, max(x, 0) : x + width] = True
    return region


def _write(out: Path, records: dict, overlay: np.ndarray) -> None:
    from objpose.io import write_image, write_json

    write_json(out / "poses.json", records)
    write_image(out / "overlay.png", overlay)
