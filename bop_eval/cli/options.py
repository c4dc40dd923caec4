"""Options that several commands have."""

from pathlib import Path

import click

WORKERS = click.option(
    "--workers", type=click.IntRange(min=1),
    help="Spread the images over so many processes, with Ray.  [default: this process alone]",
)  # fmt: skip
RAY = click.option("--ray", help="Address of a Ray cluster to work on; `auto` finds this machine's.")
DATASET = click.option(
    "--dataset", required=True, type=click.Path(path_type=Path), help="Folder of the BOP set."
)
SPLIT = click.option("--split", help="Folder of the images.  [default: the one that BOP tests on, or test]")
