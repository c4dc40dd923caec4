"""`bop-eval score`, `check`, `perfect` and `report`."""

from collections.abc import Iterable
from pathlib import Path

import click

from bop_eval.cli.options import DATASET, RAY, SPLIT, WORKERS


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@DATASET
@SPLIT
@click.option(
    "--task", type=click.Choice(["localization", "detection"]), default="localization", show_default=True,
    help="Average recall of VSD, MSSD, MSPD (BOP19), or average precision of MSSD, MSPD (BOP24, BOP25).",
)  # fmt: skip
@click.option(
    "--bootstrap", type=click.Choice(["scene", "image"]),
    help="Give intervals: how far the figures depend on which scenes, or images, are in the set.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Of the draws.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the whole report there.")
@WORKERS
@RAY
def score(
    results: Path, dataset: Path, split: str | None, task: str, bootstrap: str | None, seed: int,
    json_path: Path | None, workers: int | None, ray: str | None,
) -> None:  # fmt: skip
    """Score a BOP result file by the rules of BOP's toolkit."""
    from bop_eval.datasets import open_test_set
    from bop_eval.evaluation import evaluate
    from bop_eval.ray_session import ClusterSettings
    from bop_eval.remarks import remarks_on
    from bop_eval.tables import report_text
    from objpose.io import read_bop_table, write_json

    cluster = None if workers is None and ray is None else ClusterSettings(workers, ray)
    table, test_set = read_bop_table(results), open_test_set(dataset, split)
    report = evaluate(table, test_set, task, cluster, bootstrap, seed)
    if json_path is not None:
        write_json(json_path, report.to_json())
    click.echo(report_text(report))
    _note(remarks_on(report, table, test_set))


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@DATASET
@SPLIT
def check(results: Path, dataset: Path, split: str | None) -> None:
    """Check a result file before submitting it: its name, every line, and what the tasks will make of it."""
    from bop_eval.datasets import open_test_set
    from bop_eval.submission import check_submission

    found = check_submission(results, open_test_set(dataset, split))
    click.echo(f"ok: {found.estimates} estimates of {found.method} in {found.images} images")
    _note(found.remarks)


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Result file to write.")
@SPLIT
def perfect(dataset: Path, out: Path, split: str | None) -> None:
    """Write the ground truth of the set in DATASET as a result file, which scores exactly 1."""
    from bop_eval.datasets import open_test_set
    from bop_eval.perfect import write_perfect

    click.echo(f"{out}: {write_perfect(open_test_set(dataset, split), out)} estimates")


@click.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1, required=True)
@DATASET
@SPLIT
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for index.html.")
def report(results: tuple[Path, ...], dataset: Path, split: str | None, out: Path) -> None:
    """Write one HTML page on one or several result files: scores, curves, bars, the worst estimates."""
    from bop_eval.datasets import open_test_set
    from bop_eval.page import write_page

    click.echo(write_page(results, open_test_set(dataset, split), out))


def _note(remarks: Iterable[str]) -> None:
    for remark in remarks:
        click.echo(f"note: {remark}")
