"""`bop-eval download`."""

from pathlib import Path

import click


@click.command()
@click.argument("name", metavar="SET")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("."), show_default=True,
    help="Folder that the set's folder goes into.",
)  # fmt: skip
@click.option(
    "--archive", "archives", multiple=True, default=("base", "models", "test"), show_default=True,
    help="What to fetch, by the names of the archives after the set's; may be given several times.",
)  # fmt: skip
def download(name: str, out: Path, archives: tuple[str, ...]) -> None:
    """Fetch the BOP set SET (lmo, ycbv, ...) from the hub of its authors, and unpack it.

    An interrupted download goes on where it stopped when called again.
    """
    from bop_eval.download import download_set

    done = download_set(name, out, archives, say=lambda line: click.echo(line, err=True))
    kept = f" ({len(done.kept)} were there)" if done.kept else ""
    click.echo(f"{done.folder}: {len(done.archives)} archives unpacked{kept}")
