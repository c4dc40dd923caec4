"""`objpose onboard-views`: posed pictures of an object become splats, without a mesh."""

from __future__ import annotations

import time
from pathlib import Path

import click


@click.command("onboard-views")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--pictures", type=click.Path(path_type=Path), help="Folder of the pictures.  [default: FOLDER]"
)
@click.option(
    "--depth-scale", default=0.001, show_default=True, help="Metres per stored unit of FOLDER/depth, if any."
)
@click.option("--steps", default=600, show_default=True, help="Of the optimisation, one view each.")
@click.option("--splats", default=12_000, show_default=True, help="Splats at most.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="PLY file to write.  [default: FOLDER/splats.ply]"
)
def onboard_views(
    folder: Path, pictures: Path | None, depth_scale: float, steps: int, splats: int, out: Path | None
) -> None:
    """Make Gaussian splats of the object in a FOLDER of posed pictures.

    FOLDER holds transforms.json (nerfstudio) or cameras.json (`objpose cameras`), in metres; masks/NAME.png
    for every picture NAME; and depth/NAME.png where there is depth. Viewers of Gaussian splats open the
    result; refinement on splats takes it in place of a mesh.
    """
    from objpose.splatting import FitOptions, onboard_views, read_posed_views

    start = time.perf_counter()
    views = read_posed_views(folder, depth_scale, pictures)
    options = FitOptions(steps=steps, most=splats, start=min(FitOptions.start, splats))
    out = folder / "splats.ply" if out is None else out
    with click.progressbar(length=steps, label=f"{len(views.frames)} views") as bar:
        found = onboard_views(
            views.frames, views.masks, views.cam_from_obj, options, out, lambda *_: bar.update(1)
        )
    click.echo(f"{len(found)} splats written to {out} in {time.perf_counter() - start:.0f} s")
