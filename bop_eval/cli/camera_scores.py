"""`bop-eval poses-auc`."""

from pathlib import Path

import click


@click.command("poses-auc")
@click.argument("estimate", type=click.Path(path_type=Path))
@click.option(
    "--truth", required=True, type=click.Path(path_type=Path),
    help="The true cameras: a COLMAP folder, a transforms.json or a cameras.json, as ESTIMATE.",
)  # fmt: skip
@click.option("--photos", help="Names of the photos that count, with commas.  [default: all of the truth]")
@click.option(
    "--at", "thresholds", type=click.FloatRange(min=0, min_open=True), multiple=True, default=(5, 10, 30),
    show_default=True, help="Degrees up to which the area is taken; may be given several times.",
)  # fmt: skip
@click.option(
    "--area", type=click.Choice(["exact", "degrees", "sixtieths"]), default="exact", show_default=True,
    help="exact (SuperGlue), the mean recall over bins of one degree (VGGT), or at 60 even steps.",
)  # fmt: skip
@click.option(
    "--angle", type=click.Choice(["larger", "rotation", "direction"]), default="larger", show_default=True,
    help="Of rotation and direction of the baseline.",
)  # fmt: skip
@click.option(
    "--sign", type=click.Choice(["signed", "unsigned"]), default="signed", show_default=True,
    help="unsigned: opposite directions are one, as many papers count.",
)  # fmt: skip
@click.option(
    "--same-place", type=click.Choice(["rotation", "left-out", "direction"]), default="rotation",
    show_default=True, help="Pairs without a baseline: by their rotation alone, not at all, or as any other.",
)  # fmt: skip
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures there too.")
def poses_auc(
    estimate: Path, truth: Path, photos: str | None, thresholds: tuple[float, ...], area: str, angle: str,
    sign: str, same_place: str, json_path: Path | None,
) -> None:  # fmt: skip
    """Score recovered cameras: AUC of the angles between pairs of photos, in a convention that is said.

    Photos without a camera make their pairs 180 degrees wrong.
    """
    from bop_eval.camera_auc import AucConvention, read_motions, score_cameras
    from objpose.io import write_json

    convention = AucConvention(area, angle, sign, same_place)
    chosen = None if photos is None else photos.split(",")
    scores = score_cameras(read_motions(estimate), read_motions(truth, chosen), thresholds, convention)
    if json_path is not None:
        auc = {f"{threshold:g}": value for threshold, value in scores.auc.items()}
        content = {"auc": auc, "pairs": scores.pairs, "placed": scores.placed, "photos": scores.photos}
        write_json(json_path, content | {"convention": vars(convention)})
    click.echo(f"{scores.placed} of {scores.photos} photos placed, {scores.pairs} pairs")
    click.echo("  ".join(f"AUC@{threshold:g} {value:.4f}" for threshold, value in scores.auc.items()))
    click.echo(f"({convention.in_words()})")
