"""How the commands fail and warn: one line on stderr, `error: ...` and exit code 2, or `warning: ...`."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from objpose.cli.interrupts import interrupted, noted_interrupts, said
from objpose.errors import InputError, said_once

UNUSABLE_INPUT = 2
NOT_WRITTEN = 3  # the answer is on stdout, and could not be written where it was to be
INTERRUPTED = 130  # what a shell reports after Ctrl-C
TORCH_OUT_OF_MEMORY = "can't allocate memory"  # of a RuntimeError
ARGUMENT = re.compile(r"\b(\w+)=(True\b|'[^']*'|\"[^\"]*\")?")  # as the package names an argument of Python


class OneLineErrors(click.Group):
    """A group whose commands report unusable input, wrong options and failing files in one line.

    Anything else is a defect of ours and keeps its traceback.
    """

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        kwargs["standalone_mode"] = False
        with one_line_errors(_say):
            status = super().main(*args, **kwargs)
        sys.exit(status if isinstance(status, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            command = self.get_command(ctx, ctx.invoked_subcommand or "")
            if command is None:
                raise
            parts = (error.subject, error.found, error.expected, error.cure)
            raise InputError(*(in_options_of(command, part) for part in parts)) from error


@contextmanager
def one_line_errors(say: Callable[[str], None]) -> Iterator[None]:
    """Ends the process as told above; `say` prints a line on stderr, warnings among them."""
    try:
        with noted_interrupts(), said_once(say):
            yield
    except (Exception, KeyboardInterrupt) as error:
        if not interrupted() and not isinstance(error, click.Abort | KeyboardInterrupt):
            _fail(error)
        if isinstance(error, InputError | OSError):  # a disk that is full when what there is is written, say
            click.echo(f"error: {_one_line(error)}", err=True)
        click.echo(said(error), err=True)
        sys.exit(INTERRUPTED)


def _say(line: str) -> None:
    context = click.get_current_context(silent=True)
    click.echo(in_options_of(context.command, line) if context else line, err=True)


def _fail(error: Exception) -> NoReturn:
    """One line and the exit code of unusable input; what is a defect of ours is raised as it is."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
    elif isinstance(error, click.ClickException):
        click.echo(f"error: {' '.join(error.format_message().split())}", err=True)
    elif isinstance(error, InputError | OSError):
        click.echo(f"error: {_one_line(error)}", err=True)
    elif isinstance(error, MemoryError) or TORCH_OUT_OF_MEMORY in str(error):
        click.echo(f"error: not enough memory ({_one_line(error) or 'of this machine'})", err=True)
    else:
        raise error
    sys.exit(UNUSABLE_INPUT)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def in_options_of(command: click.Command, message: str) -> str:
    """A message with `name=` as `--name`, `replace=True` as `--replace`, where the command has the option."""
    options = {parameter.name: parameter.opts[0] for parameter in command.params}

    def option(found: re.Match) -> str:
        name, value = found.groups()
        if not options.get(name, "").startswith("--"):
            return found.group()
        return options[name] if value in (None, "True") else f"{options[name]} {shlex.quote(value[1:-1])}"

    said = ARGUMENT.sub(option, message)
    return re.sub(r"(--[\w-]+) or \1\b", r"\1", said)  # where a message names both
