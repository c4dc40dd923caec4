"""Extension of griffe, which reads the docstrings: the comment of a field is its documentation.

Options and answers here are dataclasses with a comment on each field, behind it or above it.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

BEHIND = re.compile(r"  # (.*)$")
ABOVE = re.compile(r"^\s*# ?(.*)$")


class FieldComments(griffe.Extension):
    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Called for each attribute that is read."""
        if attr.docstring is None and attr.parent is not None and attr.parent.is_class and attr.lineno:
            words = comment_of(attr)
            if words:
                attr.docstring = griffe.Docstring(words, lineno=attr.lineno, parent=attr)


def comment_of(attr: griffe.Attribute) -> str:
    """Of the lines above a field, then of its own last line; empty where there is none."""
    lines = attr.lines_collection[attr.filepath]
    first, last = attr.lineno or 1, attr.endlineno or attr.lineno or 1
    above: list[str] = []
    for line in reversed(lines[: first - 1]):
        found = ABOVE.match(line)
        if found is None:
            break
        above.insert(0, found[1])
    behind = BEHIND.search(lines[last - 1])
    words = " ".join([*above, *([behind[1]] if behind else [])]).strip()
    return words[:1].upper() + words[1:] + "." * (words[-1:] not in ("", ".", "?"))
