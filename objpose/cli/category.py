"""`objpose category`: an image with depth and the name of a category; pose and size of an instance out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.options import CAMERA, DEPTH_SCALE, FILE, with_answer, with_place
from objpose.cli.output import Output
from objpose.cli.regions import Region
from objpose.errors import InputError

if TYPE_CHECKING:
    from objpose import CategoryEstimate


@click.command()
@click.argument("rgb", type=FILE)
@click.option("--category", required=True, help="bottle, bowl, box, can or cup.")
@click.option("--depth", type=FILE, required=True, help="Depth image registered to RGB; 0 = missing.")
@DEPTH_SCALE
@CAMERA
@with_place
@with_answer
def category(
    rgb: Path,
    category: str,
    depth: Path,
    depth_scale: float | None,
    camera: Path,
    mask: Path | None,
    mask_label: str | None,
    bbox: str | None,
    points: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    seed: int,
) -> None:
    """Pose and size of an object in the image RGB of which only the category is known.

    Where it is must be said, by --mask, --bbox or --point. Prints the middle of its box and its axes, its
    size, how sure both are and what cannot be told, and writes poses.json and overlay.png.
    """
    import objpose
    from objpose.categories import shape_model
    from objpose.frame_files import read_frame

    region = Region(mask, mask_label, bbox, points)
    region.check((category,))
    if not region.is_given:
        cure = "give --mask, --bbox or --point; without a mesh nothing tells where to look"
        raise InputError(f"the {category}", "no place", "where it is in the image", cure)
    shape_model(category)  # a wrong name is said before the work
    frame, photo = read_frame(rgb, camera, depth, depth_scale)
    region.check_within(frame, photo)
    target = Output.of(out, as_json)
    seen = region.mask(frame, photo, None, seed)
    assert seen is not None  # a place is given
    found = objpose.estimate_category(frame, seen, category, objpose.CategoryOptions(seed=seed))
    records = {"image": str(rgb), "seed": seed, "poses": [_record(found)]}
    target.answer(records, _described(found), lambda: objpose.draw_boxes(frame, [found]))


def _record(found: CategoryEstimate) -> dict:
    """Metres and radians where no unit is named."""
    from objpose.cli.report import position_std_mm, rotation_std_deg, turn_record

    return {
        "category": found.category,
        "cam_from_obj": found.cam_from_obj.matrix().tolist(),
        "size": found.size.tolist(),
        "size_sigma": found.size_sigma.tolist(),
        "confidence": found.confidence,
        "score": found.score,
        "position_std_mm": position_std_mm(found).tolist(),
        "rotation_std_deg": rotation_std_deg(found).tolist(),
        "covariance": found.covariance.tolist(),
        "turns_freely": bool(found.symmetry.continuous),
        "share": found.share,
        "ambiguity": found.ambiguity,
        "free_turn": None if found.free_turn is None else turn_record(found.free_turn),
        "reason": found.reason,
        "alternatives": [
            {
                "cam_from_obj": other.cam_from_obj.matrix().tolist(),
                "size": other.size.tolist(),
                "share": other.share,
            }
            for other in found.alternatives
        ],
        "timings_s": found.timings,
    }


def _described(found: CategoryEstimate) -> str:
    from objpose.cli.report import triple

    rows = found.cam_from_obj.matrix().tolist()
    lines = [
        f"{found.category}: confidence {found.confidence:.2f}",
        "cam_from_obj (metres), middle of its box:",
    ]
    lines += ["  " + " ".join(f"{value:9.5f}" for value in row) for row in rows]
    lines.append(f"size: {triple(100 * found.size)} cm, 1 sigma {triple(100 * found.size_sigma)} (x y z)")
    if found.symmetry.continuous:
        lines.append("round: any turn about z is the same")
    if found.ambiguity:
        lines.append(f"cannot be told: {found.ambiguity}")
    if found.reason:
        lines.append(f"not sure: {found.reason}")
    lines.append(f"time: {sum(found.timings.values()):.2f} s")
    return "\n".join(lines)
