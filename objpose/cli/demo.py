"""`objpose demo`: the whole way on the example data, checked against its truth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.errors import InputError

if TYPE_CHECKING:
    from objpose import SE3, Mesh

FILES = ("watering_can.glb", "rgb.png", "depth.png", "mask.png", "camera.json", "truth.json")
REPOSITORY = Path(__file__).resolve().parents[2]


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo_output"),
    show_default=True,
    help="Folder for poses.json and overlay.png.",
)
def demo(out: Path) -> None:
    """Onboard the example object and find it in the example image."""
    data = _example_data()
    click.echo("1/4 loading objpose")
    import objpose
    from objpose.cli.report import pose_records, summary
    from objpose.io import read_json, read_mask, write_image, write_json
    from objpose.viewing.sources import FrameSource, estimate_inputs

    start = time.perf_counter()
    click.echo(f"2/4 onboarding {data / FILES[0]}")
    model = objpose.onboard(data / FILES[0], units="m", out=None)
    click.echo(f"    diameter {model.diameter * 1000:.1f} mm, {time.perf_counter() - start:.1f} s")
    files = FrameSource(data / "rgb.png", data / "camera.json", data / "depth.png", None)
    frame = files.load()
    click.echo(f"3/4 estimating its pose in {data / 'rgb.png'}")
    estimates = objpose.PoseEstimator([model]).estimate(frame, read_mask(data / "mask.png"))
    click.echo(summary(estimates))
    truth = [row.numbers(4) for row in read_json(data / "truth.json")["cam_from_obj"].items()]
    errors = pose_errors(estimates[0].cam_from_obj, objpose.SE3.from_matrix(truth), model.mesh)
    click.echo(
        "error against the truth: {:.2f} mm, {:.2f} deg, ADD {:.2f} % of the diameter".format(
            errors["position_m"] * 1000, errors["rotation_deg"], 100 * errors["add_m"] / model.diameter
        )
    )
    inputs = estimate_inputs(files, [model], [data / FILES[0]])
    write_json(out / "poses.json", {"inputs": inputs, "poses": pose_records(estimates), "error": errors})
    write_image(out / "overlay.png", objpose.draw_overlay(frame, estimates, [model]))
    click.echo(f"4/4 overlay written to {out / 'overlay.png'}")


def pose_errors(cam_from_obj: SE3, true_cam_from_obj: SE3, mesh: Mesh) -> dict[str, float]:
    """How far an estimate of an object without symmetry is off.

    position_m: the object's origin; rotation_deg; add_m: mean vertex distance (ADD, Hinterstoisser 2012).
    """
    import torch

    turn = cam_from_obj.rotation @ true_cam_from_obj.rotation.inverse()
    shift = cam_from_obj.translation - true_cam_from_obj.translation
    moved, true = (pose.apply_points(mesh.vertices) for pose in (cam_from_obj, true_cam_from_obj))
    return {
        "position_m": float(shift.norm()),
        "rotation_deg": float(torch.rad2deg(turn.angle())),
        "add_m": float((moved - true).norm(dim=-1).mean()),
    }


def _example_data() -> Path:
    """The example data of the clone that this package runs from, or that the command is run in."""
    for root in (REPOSITORY, Path.cwd()):
        folder = root / "examples" / "data"
        if all((folder / name).is_file() for name in FILES):
            return folder
    cure = "clone the repository and run `make demo` or `objpose demo` in it"
    raise InputError(
        "example data", "none with the installed package", "examples/data of the repository", cure
    )
