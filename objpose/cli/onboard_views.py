"""`objpose onboard-views`: posed pictures become an object that `objpose estimate` knows, without a mesh."""

from __future__ import annotations

import time
from pathlib import Path

import click

from objpose.cli.onboard import OUT, REPLACE, describe_symmetry


@click.command("onboard-views")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--pictures", type=click.Path(path_type=Path), help="Folder of the pictures.  [default: FOLDER]"
)
@click.option(
    "--depth-scale",
    type=float,
    help="Metres per stored unit of FOLDER/depth, if any.  [default: 0.001 of 16-bit pictures, 1 of floats]",
)
@click.option("--steps", default=600, show_default=True, help="Of the optimisation, one view each.")
@click.option("--splats", default=12_000, show_default=True, help="Splats at most.")
@click.option("--name", help="Name of the object.  [default: the folder's name]")
@OUT
@REPLACE
def onboard_views(
    folder: Path,
    pictures: Path | None,
    depth_scale: float | None,
    steps: int,
    splats: int,
    name: str | None,
    out: Path,
    replace: bool,
) -> None:
    """Prepare the object in a FOLDER of posed pictures for pose estimation.

    FOLDER holds transforms.json (nerfstudio) or cameras.json (`objpose cameras`), in metres; masks/NAME.png
    for every picture NAME; and depth/NAME.png where there is depth. Writes OUT/NAME, whole or not at all;
    viewers of Gaussian splats open the splats.ply in it. The same views may be onboarded again; others under
    a NAME that is taken are refused without --replace.
    """
    import objpose
    from objpose.onboarding import read_posed_views
    from objpose.splatting import FitOptions

    start = time.perf_counter()
    views = read_posed_views(folder, depth_scale, pictures)
    fit = FitOptions(steps=steps, most=splats, start=min(FitOptions.start, splats))
    name = name or folder.resolve().name
    model = objpose.onboard_views(
        views.frames, views.masks, views.cam_from_obj, name, out, fit=fit, replace=replace
    )
    objpose.PoseEstimator([model]).prepare()
    assert model.fitted is not None
    click.echo(
        f"{model.name}: {len(views.frames)} views, diameter {model.diameter * 1000:.1f} mm, "
        f"{len(model.mesh.faces)} faces, {len(model.fitted)} splats, {describe_symmetry(model.symmetry)}"
    )
    click.echo(f"written to {out / model.name} in {time.perf_counter() - start:.0f} s")
