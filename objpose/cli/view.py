"""`objpose view`: what was found, in the browser."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("result", type=click.Path(path_type=Path))
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Folder of the photos of recovered cameras.  [default: the one that the result names]",
)
@click.option("--port", default=8080, show_default=True, help="Of the web page, on this machine.")
def view(result: Path, photos: Path | None, port: int) -> None:
    """Show a RESULT in the browser, until Ctrl-C.

    RESULT is what was --out of `objpose estimate` (poses over the photo and in space, their precision, rivals
    and what tells them apart), of `objpose track` (every frame on a timeline) or of `objpose cameras`
    (cameras from red, confidence 0, to green, 1; points, splats, other placements); or a COLMAP model, a
    transforms.json, a PLY of splats, or the folder of an onboarded object. `bop-eval view` shows a BOP result
    file, its worst estimates first.
    """
    from objpose.viewing.result import show_result
    from objpose.viewing.server import wait

    server, shown = show_result(result, port, photos)
    click.echo(f"{shown}: http://localhost:{server.get_port()}")
    click.echo("Ctrl-C ends.")
    wait()
    server.stop()
