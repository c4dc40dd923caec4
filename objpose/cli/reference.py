"""`objpose reference`: an object that one photo shows, found in others; no mesh, no training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.options import FILE, with_answer, with_place
from objpose.cli.output import Output
from objpose.cli.regions import Region

if TYPE_CHECKING:
    from objpose import ReferencePose


@click.command()
@click.argument("photo", type=FILE, metavar="REF")
@click.option("--camera", type=FILE, required=True, help="Camera file of REF; of the target too by default.")
@with_place
@click.option("--depth", type=FILE, help="Depth image of REF, registered to it.  [default: none]")
@click.option("--size", type=float, help="Metres between its two farthest points, where REF has no depth.")
@click.option("--target", type=FILE, required=True, help="The photo to find it in.")
@click.option("--target-camera", type=FILE, help="Camera file of the target.  [default: that of REF]")
@click.option("--target-depth", type=FILE, help="Depth image of the target.  [default: none]")
@click.option("--target-mask", type=FILE, help="Where it is in the target.  [default: it is looked for]")
@click.option("--depth-scale", type=float, help="Metres per stored unit of both depth images.")
@click.option("--matcher", default="sift", show_default=True, help="As of `objpose cameras`.")
@with_answer
def reference(
    photo: Path,
    camera: Path,
    mask: Path | None,
    mask_label: str | None,
    bbox: str | None,
    points: tuple[str, ...],
    depth: Path | None,
    size: float | None,
    target: Path,
    target_camera: Path | None,
    target_depth: Path | None,
    target_mask: Path | None,
    depth_scale: float | None,
    matcher: str,
    as_json: bool,
    out: Path | None,
    seed: int,
) -> None:
    """Find the object that one photo REF shows in another, and how it is turned there.

    Prints the pose of the object's frame (its middle in REF, the axes of REF's camera), how sure it is and
    why. Without depth, --size or --target-depth lengths are distances of the object in REF.
    """
    import objpose
    from objpose.cameras import local_matcher
    from objpose.errors import InputError
    from objpose.frame_files import read_frame
    from objpose.io import read_mask
    from objpose.overlay import draw_reference

    region = Region(mask, mask_label, bbox, points)
    if not region.is_given:
        raise InputError("--mask", "nothing", "where the object is in REF", "give --mask, --bbox or --point")
    region.check(("object",))
    shown, picture = read_frame(photo, camera, depth, depth_scale if depth is not None else None)
    region.check_within(shown, picture)
    scale = depth_scale if target_depth is not None else None
    frame, other = read_frame(target, target_camera or camera, target_depth, scale)
    there = None if target_mask is None else read_mask(target_mask, photo=other)
    output = Output.of(out, as_json)
    here = region.mask(shown, picture, None, seed)
    assert here is not None  # a region is given
    known = objpose.onboard_reference(
        shown,
        here,
        photo.stem,
        size,
        local_matcher(matcher),
        objpose.ReferenceOptions(seed=seed),
    )
    found = known.find(frame, there)
    records = {"image": str(target), "reference": str(photo), "seed": seed, "poses": [_record(found)]}
    output.answer(records, _words(found), lambda: draw_reference(frame, found, known))


def _record(found: ReferencePose) -> dict:
    return {
        "cam_from_obj": found.cam_from_obj.matrix().tolist(),
        "is_metric": found.is_metric,
        "scale": found.scale,
        "confidence": found.confidence,
        "sigma_deg": found.sigma_deg,
        "covariance": found.covariance.tolist(),
        "method": found.method,
        "reason": found.reason,
        "alternatives": [
            {"cam_from_obj": one.cam_from_obj.matrix().tolist(), "share": one.share}
            for one in found.alternatives
        ],
        "stats": found.stats,
    }


def _words(found: ReferencePose) -> str:
    unit = "metres" if found.is_metric else "distances in the reference"
    rows = found.cam_from_obj.matrix().tolist()
    lines = [f"confidence {found.confidence:.2f} ({found.method})", f"cam_from_obj ({unit}):"]
    lines += ["  " + " ".join(f"{value:9.5f}" for value in row) for row in rows]
    return "\n".join([*lines, f"scale: {found.scale}", f"why: {found.reason}"])
