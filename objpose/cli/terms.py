"""The package speaks of arguments of Python; a command says the same in its own options."""

from __future__ import annotations

import re
import shlex

import click

ARGUMENT = re.compile(r"\b(\w+)=(True\b|'[^']*'|\"[^\"]*\")?")


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
