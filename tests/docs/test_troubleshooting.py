"""The messages that the page of troubles quotes are those of the source."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "troubleshooting.md"
QUOTED = re.findall(r"^### `(.+)`$", PAGE.read_text(), re.M)
VARIES = "…"


@cache
def texts() -> tuple[str, ...]:
    """Every literal text of the packages: of f-strings the parts between what they fill in."""
    found = []
    for package in ("objpose", "bop_eval"):
        for path in (REPOSITORY / package).rglob("*.py"):
            tree = ast.parse(path.read_text())
            nodes = list(ast.walk(tree))
            docstrings = {
                id(node.body[0].value)
                for node in nodes
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
                and node.body
                and isinstance(node.body[0], ast.Expr)
            }
            found += [
                node.value
                for node in nodes
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docstrings
            ]
    return tuple(found)


def is_there(quote: str) -> bool:
    parts = [part.strip() for part in quote.split(VARIES) if part.strip()]
    return bool(parts) and all(any(part in text for text in texts()) for part in parts)


@pytest.mark.parametrize("quote", QUOTED)
def test_a_quoted_message_is_in_the_source(quote: str) -> None:
    assert is_there(quote)


def test_a_message_that_nothing_says_is_found() -> None:
    assert len(QUOTED) > 20
    assert not is_there("the object is on another planet")
