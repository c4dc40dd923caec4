"""`bop-eval run`."""

from pathlib import Path
from typing import Any

import click

from bop_eval.cli.options import RAY, WORKERS


@click.command()
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
    from bop_eval.journal import journal_path
    from bop_eval.runner import RunSettings
    from bop_eval.runner import run as run_method
    from objpose.cli.interrupts import goes_on

    with goes_on(lambda: "go on with --resume" if journal_path(options["out"]).is_file() else None):
        summary = run_method(RunSettings(**options))
    for problem in summary.problems:
        click.echo(f"no estimate for {problem}", err=True)
    click.echo(
        f"{options['out']}: {summary.estimates} estimates in {summary.images} images, "
        f"{summary.mean_time_s:.2f} s an image"
    )
