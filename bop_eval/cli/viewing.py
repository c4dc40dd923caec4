"""`bop-eval view`."""

from pathlib import Path

import click

from bop_eval.cli.options import DATASET, SPLIT


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@DATASET
@SPLIT
@click.option("--port", default=8080, show_default=True, help="Of the web page, on this machine.")
def view(results: Path, dataset: Path, split: str | None, port: int) -> None:
    """Show a BOP result file in the browser, its worst estimates first, until Ctrl-C."""
    from bop_eval.datasets import open_test_set
    from bop_eval.viewing import show_run
    from objpose.viewing.server import wait

    server, shown = show_run(results, open_test_set(dataset, split), port)
    click.echo(f"{shown}: http://localhost:{server.get_port()}")
    click.echo("Ctrl-C ends.")
    wait()
    server.stop()
