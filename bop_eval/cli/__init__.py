"""The `bop-eval` command."""

import click

from bop_eval.cli.camera_scores import poses_auc
from bop_eval.cli.categories import nocs
from bop_eval.cli.diagnosing import diagnose
from bop_eval.cli.downloading import download
from bop_eval.cli.running import run
from bop_eval.cli.scoring import check, perfect, report, score
from bop_eval.cli.viewing import view


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="objpose")
def cli() -> None:
    """Run pose estimation on BOP data sets, and score result files as BOP does."""


def _symmetries() -> click.Command:
    """The command of objpose, which reads meshes."""
    from objpose.cli.symmetries import symmetries

    return symmetries


for command in (download, run, score, check, perfect, report, view, diagnose, _symmetries(), nocs, poses_auc):
    cli.add_command(command)


def main() -> None:
    """Entry point: unusable input, wrong options and failing files are one line on stderr and exit code 2."""
    from objpose.cli.failures import one_line_errors

    with one_line_errors(lambda line: click.echo(line, err=True)):
        cli(standalone_mode=False)
