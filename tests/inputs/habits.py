"""The table of docs/input.md, written from the tests that show each of its rows.

`python -m tests.inputs.habits` writes it anew.
"""

from __future__ import annotations

import importlib
import pkgutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tests.inputs

PAGE = Path(__file__).resolve().parents[2] / "docs" / "input.md"
BEGIN, END = "<!-- rows: begin -->\n", "<!-- rows: end -->\n"


@dataclass(frozen=True)
class Habit:
    kind: str  # of input: the heading that the row stands under
    what: str  # the file or habit
    was: str  # what came of it before it was mended, with the value that was wrong; "" for one that was right
    now: str  # what comes of it, as its test shows
    test: str  # where


HABITS: list[Habit] = []


def habit(kind: str, what: str, now: str, was: str = "") -> Callable[[Callable], Callable]:
    """Make a row of a test: what people have, what the package made of it, and what it makes of it now."""

    def enter(test: Callable) -> Callable:
        file = test.__module__.replace(".", "/")
        HABITS.append(Habit(kind, what, was, now, f"{file}.py::{test.__name__}"))
        return test

    return enter


def page(text: str) -> str:
    """The page with its rows as the tests say."""
    for module in sorted(found.name for found in pkgutil.iter_modules(tests.inputs.__path__)):
        importlib.import_module(f"tests.inputs.{module}")
    head, rest = text.split(BEGIN)
    return head + BEGIN + _tables() + END + rest.split(END)[1]


def _tables() -> str:
    blocks = []
    for kind in sorted({row.kind for row in HABITS}):
        rows = sorted((row for row in HABITS if row.kind == kind), key=lambda row: row.test)
        lines = [f"| {row.what} | {row.was or 'the same'} | {row.now} |" for row in rows]
        head = ["", f"## {kind}", "", "| what | before | now |", "|---|---|---|"]
        blocks.append("\n".join([*head, *lines]) + "\n")
    return "".join(blocks) + "\n"


if __name__ == "__main__":
    from tests import kept
    from tests.inputs import habits  # the module that the tests register with, not this `__main__`

    with tempfile.TemporaryDirectory() as compiled:
        kept.begin_run(Path(compiled))  # some tests onboard objects where they list their cases
        PAGE.write_text(habits.page(PAGE.read_text()))
        kept.end_run()
