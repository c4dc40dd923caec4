"""`objpose estimate`: objects and an image, with depth or without; the poses out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.objects import load_objects
from objpose.cli.onboard import UNITS
from objpose.cli.options import CAMERA, DEPTH_SCALE, FILE, with_answer, with_place
from objpose.cli.output import Output
from objpose.cli.regions import Region

if TYPE_CHECKING:
    from objpose import PoseEstimate
    from objpose.onboarding.units import Units

DEVICE = click.option(
    "--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, ...; auto: cuda where it works."
)
DOUBTFUL = 0.1  # confidence below which a place that was looked for is left out of words and picture


@click.command()
@click.argument("rgb", type=FILE)
@click.option("--depth", type=FILE, help="Depth image registered to RGB; 0 = missing.  [default: RGB alone]")
@DEPTH_SCALE
@CAMERA
@click.option(
    "--object",
    "names",
    required=True,
    multiple=True,
    help="Name of an onboarded object, or a mesh file; repeatable.",
)
@UNITS
@with_place
@DEVICE
@with_answer
def estimate(
    rgb: Path,
    depth: Path | None,
    depth_scale: float | None,
    camera: Path,
    names: tuple[str, ...],
    units: Units,
    mask: Path | None,
    mask_label: str | None,
    bbox: str | None,
    points: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    device: str,
    seed: int,
) -> None:
    """Find objects in the image RGB.

    Without --mask, --bbox or --point they are looked for. Prints each pose, how sure it is and how precise,
    and writes poses.json and overlay.png. Where nothing can be written the poses are printed all the same,
    with a warning, and with exit code 3 if --out was given.

    An --object is a name, looked up in ./templates and in $OBJPOSE_TEMPLATES; else the folder of an onboarded
    object; else a mesh file, onboarded in memory.
    """
    import objpose
    from objpose.cli.not_found import not_found
    from objpose.cli.report import pose_records, summary
    from objpose.frame_files import read_frame
    from objpose.onboarding.apparent_size import apparent_size
    from objpose.viewing.sources import FrameSource, estimate_inputs

    region = Region(mask, mask_label, bbox, points)
    region.check(names)
    frame, photo = read_frame(rgb, camera, depth, depth_scale)
    region.check_within(frame, photo)
    target = Output.of(out, as_json)
    # A mask file needs no object; with depth it shows how large the object is, and so a unit left open.
    masked = region.mask(frame, photo, None, seed) if mask is not None else None
    seen = None if masked is None else apparent_size(frame, masked)
    models = load_objects(names, units, seen)
    estimator = objpose.PoseEstimator(models, objpose.EstimatorOptions(seed=seed, device=device))
    estimates = estimator.estimate(frame, region.mask(frame, photo, models[0], seed))
    shown = estimates if region.is_given else _without_doubtful(estimates)
    inputs = estimate_inputs(FrameSource(rgb, camera, depth, depth_scale), models, names)
    lacking = not_found(frame, models, estimates, shown)
    records = {"image": str(rgb), "seed": seed, "inputs": inputs, "poses": pose_records(estimates)}
    words = "\n".join(filter(None, [summary(shown), *(f"{name}: {why}" for name, why in lacking.items())]))
    target.answer(records | {"not_found": lacking}, words, lambda: objpose.draw_overlay(frame, shown, models))


def _without_doubtful(estimates: list[PoseEstimate]) -> list[PoseEstimate]:
    """The estimates worth showing; the best, with its low confidence, where none is."""
    sure = [estimate for estimate in estimates if estimate.confidence >= DOUBTFUL]
    return sure or estimates[:1]
