"""How the commands fail and warn: one line on stderr, `error: ...` and exit code 2, or `warning: ...`."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click

from objpose.cli.terms import in_options_of
from objpose.errors import InputError, said_once

UNUSABLE_INPUT = 2
NOT_WRITTEN = 3  # the answer is on stdout, and could not be written where it was to be
INTERRUPTED = 130  # what a shell reports after Ctrl-C


class OneLineErrors(click.Group):
    """A group whose commands report unusable input, wrong options and failing files in one line.

    Anything else is a defect of ours and keeps its traceback.
    """

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        kwargs["standalone_mode"] = False
        try:
            with said_once(_say):
                status = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(UNUSABLE_INPUT)
        except click.ClickException as error:
            _fail(error.format_message())
        except (InputError, OSError) as error:
            _fail(str(error))
        except click.Abort:
            sys.exit(INTERRUPTED)
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


def _say(line: str) -> None:
    context = click.get_current_context(silent=True)
    click.echo(in_options_of(context.command, line) if context else line, err=True)


def _fail(message: str) -> NoReturn:
    click.echo(f"error: {' '.join(message.split())}", err=True)
    sys.exit(UNUSABLE_INPUT)
