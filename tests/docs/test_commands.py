"""The commands in the pages exist, with these options; the cheap ones are run."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import bop_eval.cli
import objpose.cli
from tests.conftest import REPOSITORY
from tests.docs.pages import PAGES, commands

GROUPS: dict[str, click.Group] = {"objpose": objpose.cli.main, "bop-eval": bop_eval.cli.cli}
COMMANDS = [(page, line) for page in PAGES for line in commands(page)]
RUN_HERE = ("objpose onboard examples", "objpose estimate examples", "objpose check examples")


def parsed(line: str) -> click.Context:
    """As click reads the words of a command, without running it."""
    name, *words = shlex.split(line)
    group = GROUPS[name]
    if not words or words[0].startswith("-"):
        return group.make_context(name, [*words, "--help"], resilient_parsing=True)
    command = group.get_command(click.Context(group), words[0])
    assert command is not None, f"no command {words[0]}"
    return command.make_context(words[0], words[1:])


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=lambda value: str(value)[-60:])
def test_a_command_is_one_that_there_is(page: Path, line: str) -> None:
    try:
        parsed(line)
    except click.UsageError as error:
        pytest.fail(f"{page.name}: {line}: {error.format_message()}")


@pytest.mark.parametrize(
    "line",
    [
        "objpose estimate rgb.png --object drill --no-such-option 1",
        "objpose estimates rgb.png",
        "bop-eval score results.csv --dataset DIR --task tracking",
    ],
)
def test_a_command_that_there_is_not_is_found(line: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        parsed(line)


@pytest.mark.slow("onboards, estimates and checks as a reader of the page would")
def test_commands_on_the_example_data_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the tutorial, in its order, by the exit codes that a shell would see."""
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    monkeypatch.chdir(tmp_path)
    page = REPOSITORY / "docs" / "tutorial.md"
    lines = [line for line in commands(page) if line.startswith(RUN_HERE)]
    assert len(lines) >= len(RUN_HERE)
    for line in lines:
        outcome = CliRunner().invoke(objpose.cli.main, shlex.split(line)[1:])
        assert outcome.exit_code == 0, f"{line}: {outcome.output} {outcome.exception}"
    assert (tmp_path / "found" / "poses.json").is_file()
