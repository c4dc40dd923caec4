"""`objpose onboard-photos`: plain photos of an object become an object that `objpose estimate` knows."""

from __future__ import annotations

import time
from pathlib import Path

import click

from objpose.cli.metres import COIN, COIN_AT, LENGTHS, TAG_FAMILY, TAG_SIZES, tag_size
from objpose.cli.onboard import OUT, REPLACE, describe_symmetry

FOLDER = click.Path(path_type=Path)


@click.command("onboard-photos")
@click.argument("photos", type=FOLDER)
@click.option(
    "--masks", type=FOLDER, help="Folder of masks, named as the photos.  [default: what stands in the middle]"
)
@click.option("--diameter", type=float, help="Largest distance between two points of the object, metres.")
@LENGTHS
@TAG_SIZES
@TAG_FAMILY
@COIN
@COIN_AT
@click.option("--turned", is_flag=True, help="The object was turned, not the camera moved around it.")
@click.option(
    "--intrinsics",
    type=click.Path(path_type=Path),
    help="JSON with K, width, height: one for all photos, or one a photo by its name.  [default: estimated]",
)
@click.option("--name", help="Name of the object.  [default: the folder's name]")
@OUT
@REPLACE
def onboard_photos(
    photos: Path,
    masks: Path | None,
    diameter: float | None,
    lengths: tuple[tuple[str, str, float], ...],
    tag_sizes: tuple[str, ...],
    tag_family: str | None,
    coin: str | None,
    coin_at: tuple[str, float, float] | None,
    turned: bool,
    intrinsics: Path | None,
    name: str | None,
    out: Path,
    replace: bool,
) -> None:
    """Prepare the object in a folder of PHOTOS, taken from all around it, for pose estimation.

    The cameras are recovered first; --diameter, --length, tags or a coin beside it give the scale. Writes
    OUT/NAME, whole or not at all. The same photos may be onboarded again; others under a NAME that is taken
    are refused without --replace.
    """
    import objpose
    from objpose.cameras import Known, RecoverOptions

    start = time.perf_counter()
    size = tag_size(tag_sizes)
    known = Known(lengths=lengths, tag_size=size, tag_family=tag_family, coin=coin, coin_at=coin_at)
    model = objpose.onboard_photos(
        photos,
        masks,
        name or photos.resolve().name,
        out,
        diameter,
        turned,
        intrinsics,
        recover=RecoverOptions(known=known),
        replace=replace,
    )
    objpose.PoseEstimator([model]).prepare()
    assert model.fitted is not None
    click.echo(
        f"{model.name}: {model.source['views']} photos trusted, diameter {model.diameter * 1000:.1f} mm, "
        f"{len(model.fitted)} splats, {describe_symmetry(model.symmetry)}"
    )
    click.echo(f"metres by {model.source['scale']}")
    for photo, reason in model.source["left_out"].items():
        click.echo(f"left out: {photo}: {reason}")
    for line in model.source["advice"]:
        click.echo(f"note: {line}")
    click.echo(f"written to {out / model.name} in {time.perf_counter() - start:.0f} s")
