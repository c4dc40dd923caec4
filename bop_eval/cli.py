"""The `bop-eval` command."""

from pathlib import Path
from typing import Any

import click

WORKERS = click.option(
    "--workers", type=click.IntRange(min=1),
    help="Spread the images over so many processes, with Ray.  [default: this process alone]",
)  # fmt: skip
RAY = click.option("--ray", help="Address of a Ray cluster to work on; `auto` finds this machine's.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="objpose")
def cli() -> None:
    """Run pose estimation on BOP data sets, and score result files as BOP does."""


@cli.command()
@click.argument("dataset_dir", type=click.Path(path_type=Path))
@click.option("--method", required=True, help="What estimates the poses: rgbd or rgb.")
@click.option(
    "--detections",
    type=click.Path(path_type=Path),
    help="Masks, in BOP's format of detections.  [default: none, the objects are looked for]",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path),
    help="Result file; BOP's servers want METHOD_DATASET-SPLIT.csv.",
)  # fmt: skip
@click.option(
    "--split", default="test", show_default=True, help="Folder of the images; `test` finds `test_*` too."
)
@click.option(
    "--models",
    help="Folder of the meshes in DATASET_DIR, e.g. models_cad.  [default: the first of its kinds]",
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path),
    help="Onboarded objects.  [default: templates/<name of the set>]",
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same result.")
@click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads.  [default: all, or one in each worker]"
)
@click.option(
    "--device", default="cpu", show_default=True,
    help="Where poses are worked out: cpu, cuda (or cuda:1), or auto: on a GPU that works, else the CPU.",
)  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@WORKERS
@RAY
def run(**options: Any) -> None:
    """Estimate every target of the BOP set in DATASET_DIR, to a BOP result file.

    Each finished image is kept in OUT.journal, so a run that is killed goes on with --resume.
    """
    from bop_eval.runner import RunSettings
    from bop_eval.runner import run as run_method

    summary = run_method(RunSettings(**options))
    for problem in summary.problems:
        click.echo(f"no estimate for {problem}", err=True)
    click.echo(
        f"{options['out']}: {summary.estimates} estimates in {summary.images} images, "
        f"{summary.mean_time_s:.2f} s an image"
    )


DATASET = click.option(
    "--dataset", required=True, type=click.Path(path_type=Path), help="Folder of the BOP set."
)
SPLIT = click.option("--split", help="Folder of the images.  [default: the one that BOP tests on, or test]")


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@DATASET
@SPLIT
@click.option(
    "--task", type=click.Choice(["localization", "detection"]), default="localization", show_default=True,
    help="Average recall of VSD, MSSD, MSPD (BOP19), or average precision of MSSD, MSPD (BOP24, BOP25).",
)  # fmt: skip
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the whole report there.")
@WORKERS
@RAY
def score(
    results: Path, dataset: Path, split: str | None, task: str, json_path: Path | None,
    workers: int | None, ray: str | None,
) -> None:  # fmt: skip
    """Score a BOP result file by the rules of BOP's toolkit."""
    from bop_eval.datasets import open_test_set
    from bop_eval.evaluation import evaluate
    from bop_eval.ray_session import ClusterSettings
    from bop_eval.tables import report_text
    from objpose.io import write_json

    cluster = None if workers is None and ray is None else ClusterSettings(workers, ray)
    report = evaluate(results, open_test_set(dataset, split), task, cluster)
    if json_path is not None:
        write_json(json_path, report.to_json())
    click.echo(report_text(report))


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@DATASET
@SPLIT
def check(results: Path, dataset: Path, split: str | None) -> None:
    """Check a result file before submitting it: its name, every line, and what the tasks will make of it."""
    from bop_eval.datasets import open_test_set
    from bop_eval.submission import check_submission

    found = check_submission(results, open_test_set(dataset, split))
    click.echo(f"ok: {found.estimates} estimates of {found.method} in {found.images} images")
    for remark in found.remarks:
        click.echo(f"note: {remark}")


@cli.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Result file to write.")
@SPLIT
def perfect(dataset: Path, out: Path, split: str | None) -> None:
    """Write the ground truth of the set in DATASET as a result file, which scores exactly 1."""
    from bop_eval.datasets import open_test_set
    from bop_eval.perfect import write_perfect

    click.echo(f"{out}: {write_perfect(open_test_set(dataset, split), out)} estimates")


@cli.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1, required=True)
@DATASET
@SPLIT
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for index.html.")
def report(results: tuple[Path, ...], dataset: Path, split: str | None, out: Path) -> None:
    """Write one HTML page on one or several result files: scores, curves, bars, the worst estimates."""
    from bop_eval.datasets import open_test_set
    from bop_eval.page import write_page

    click.echo(write_page(results, open_test_set(dataset, split), out))


@cli.command()
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


def main() -> None:
    """Entry point: unusable input, wrong options and failing files are one line on stderr and exit code 2."""
    from objpose.cli.failures import one_line_errors

    with one_line_errors(lambda line: click.echo(line, err=True)):
        try:
            cli(standalone_mode=False)
        except click.Abort:
            click.echo("interrupted; go on with --resume", err=True)
            raise
