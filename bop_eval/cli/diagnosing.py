"""`bop-eval diagnose`."""

from pathlib import Path

import click

from bop_eval.cli.options import DATASET, SPLIT


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@DATASET
@SPLIT
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write what was found there too.")
def diagnose(results: Path, dataset: Path, split: str | None, json_path: Path | None) -> None:
    """Name the convention that a result file gets wrong, by trying them on its estimates.

    Units, transposed, inverted or quaternion-swapped rotations, camera and object axes, swapped ids, another
    camera matrix, other mesh frames, turns to look-alikes: which it is, how many estimates are right without
    it, and the cure. The truth of the set must be known.
    """
    from bop_eval.datasets import open_test_set
    from bop_eval.diagnosis import diagnose as diagnose_results
    from bop_eval.diagnosis import diagnosis_text
    from objpose.io import write_json

    found = diagnose_results(results, open_test_set(dataset, split))
    if json_path is not None:
        write_json(json_path, found.to_json())
    click.echo(diagnosis_text(found))
