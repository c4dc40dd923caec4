"""How the commands fail and warn: one line on stderr, `error: ...` and exit code 2, or `warning: ...`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from objpose.cli.terms import in_options_of
from objpose.errors import InputError, InputWarning

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
            with _one_line_warnings():
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
            command = self.get_command(ctx, ctx.invoked_subcommand)
            parts = (error.subject, error.found, error.expected, error.cure)
            raise InputError(*(in_options_of(command, part) for part in parts)) from error


@contextmanager
def _one_line_warnings() -> Iterator[None]:
    """Input that is used in doubt is said like input that is refused; other warnings are shown as ever."""
    with warnings.catch_warnings():
        shown_before = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, InputWarning):
                command = click.get_current_context().command
                click.echo(f"warning: {in_options_of(command, str(message))}", err=True)
            else:
                shown_before(message, category, *place, **more)

        warnings.simplefilter("always", InputWarning)
        warnings.showwarning = show
        yield


def _fail(message: str) -> NoReturn:
    click.echo(f"error: {' '.join(message.split())}", err=True)
    sys.exit(UNUSABLE_INPUT)
