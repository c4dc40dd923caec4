"""The pages and the blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^(?P<skip><!-- not run: (?P<why>.+?) -->\n)?```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S
)
INDENTED = re.compile(r"^    (?P<line>(?:objpose|bop-eval) .+)$", re.M)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int  # of its first line of code
    language: str
    code: str
    why_not: str | None  # it is not run


def blocks(page: Path, language: str) -> list[Block]:
    """Of a page, in its order."""
    text = page.read_text()
    return [
        Block(page, text.count("\n", 0, found.start("code")) + 1, language, found["code"], found["why"])
        for found in FENCE.finditer(text)
        if found["language"] == language
    ]


def commands(page: Path) -> Iterator[str]:
    """Every line of a shell block that calls one of our commands, without comment and prompt."""
    fenced = [line.strip() for block in blocks(page, "sh") for line in block.code.splitlines()]
    indented = [found["line"] for found in INDENTED.finditer(page.read_text())]
    for line in (*fenced, *indented):
        command = re.split(r"\s+#\s", line.removeprefix(".venv/bin/"))[0].strip()
        if command.startswith(("objpose ", "bop-eval ")):
            yield command
