"""Doubtful input is said in one line on stderr; the answer on stdout stays whole."""

from __future__ import annotations

import warnings

import click
import pytest
from click.testing import CliRunner

from objpose.cli.failures import OneLineErrors
from objpose.errors import warn_input


@click.group(cls=OneLineErrors)
def group() -> None:
    """A command group of one command."""


@group.command()
def doubt() -> None:
    warn_input("k.json", "no unit", "one", "give --units")
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    click.echo("done")


def test_a_doubtful_input_is_one_line_on_stderr():
    with pytest.warns(DeprecationWarning, match="old"):  # others are shown as ever
        result = CliRunner().invoke(group, ["doubt"])
    assert result.exit_code == 0 and result.stdout == "done\n"
    assert result.stderr == "warning: k.json: found no unit, expected one; give --units\n"
