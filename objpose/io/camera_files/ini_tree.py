"""INI files, lines of `name = value`, and the TOML that cameras need, as plain values."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

from objpose.errors import InputError
from objpose.io.camera_files.numbers import MOST_MEMBERS

SECTION, ENTRY = re.compile(r"\[[^\[\],]*[A-Za-z][^\[\],]*\]"), re.compile(r"[A-Za-z][\w.\- ]*=")
NO_SECTION = "lines before any section"


def is_ini(text: str) -> bool:
    """Whether the first line that says something is a section or an entry."""
    first = re.search(r"^[ \t]*([^#;\s][^\n]*)", text, re.MULTILINE)
    line = re.sub(r"\s[#;].*", "", first[1]).strip() if first else ""
    return bool(SECTION.fullmatch(line) or ENTRY.match(line))


def parse_ini(text: str, file: Path) -> dict:
    """The sections as objects; entries before any of them as members of the file. Raises InputError."""
    if text.count("\n") > MOST_MEMBERS:
        raise InputError(file, f"over {MOST_MEMBERS} lines", "a camera file", "check the name")
    parser = configparser.RawConfigParser(
        inline_comment_prefixes=("#", ";"), default_section=NO_SECTION, delimiters=("=",)
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # as its documentation tells to
    try:
        parser.read_string(f"[{NO_SECTION}]\n{text}", file.name)
    except configparser.Error as error:
        # Its lines count from our own first one.
        found = re.sub(r"(?<=line )\s*\d+", lambda number: str(int(number[0]) - 1), str(error))
        raise InputError(file, found, "lines of name = value", "correct the file") from error
    top = {name: _value(value) for name, value in parser.defaults().items()}
    sections = {
        name: {key: _value(value) for key, value in parser.items(name) if key not in top}
        for name in parser.sections()
    }
    return {**top, **sections}


def _value(text: str) -> object:
    """Numbers and lists of them, as TOML and JSON write both; else the text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _number(text)


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text.strip("'\"")
