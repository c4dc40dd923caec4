"""Strict JSON: every complaint names the file and the key path, e.g. `scene_gt.json: 3[0].cam_R_m2c`."""

import codecs
import json
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeGuard

from objpose.errors import InputError
from objpose.io.atomic import atomic_path


@dataclass(frozen=True)
class JsonValue:
    """A value of a JSON file that knows where it stands.

    Its readers return plain Python values of the asked kind or raise `InputError` naming file and key path.
    """

    value: object
    file: Path
    key_path: str = ""

    @property
    def place(self) -> str:
        """File and key path, as messages name it."""
        return f"{self.file}: {self.key_path}" if self.key_path else str(self.file)

    def __getitem__(self, key: str | int) -> "JsonValue":
        """The member of an object (`str` key) or of a list (`int` index)."""
        if isinstance(key, int):
            return self._list_item(key)
        members = self.value if isinstance(self.value, dict) else self._refuse("an object with named members")
        if key not in members:
            names = ", ".join(list(members)[:8]) or "none"
            self._refuse(f"a member {key!r}", found=f"members {names}", cure=f"add {key!r} to the file")
        return JsonValue(members[key], self.file, f"{self.key_path}.{key}" if self.key_path else key)

    def __contains__(self, key: str) -> bool:
        """True when this is an object with that member and the member is not null."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def items(self) -> list["JsonValue"]:
        """The items of a list."""
        if not isinstance(self.value, list):
            self._refuse("a list")
        return [self._list_item(index) for index in range(len(self.value))]

    def members(self) -> Iterator[tuple[str, "JsonValue"]]:
        """The members of an object, in the order of the file."""
        if not isinstance(self.value, dict):
            self._refuse("an object with named members")
        return ((name, self[name]) for name in self.value)

    def number(self) -> float:
        """A finite number."""
        if not _is_number(self.value):
            self._refuse("a finite number")
        return float(self.value)

    def integer(self) -> int:
        """A whole number; `3.0` counts as one, `true` does not."""
        if not _is_number(self.value) or int(self.value) != self.value:
            self._refuse("a whole number")
        return int(self.value)

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            self._refuse("a string")
        return self.value

    def numbers(self, count: int) -> list[float]:
        """A flat list of exactly `count` finite numbers."""
        values = self.value
        if not isinstance(values, list) or len(values) != count or not all(map(_is_number, values)):
            self._refuse(f"{count} finite numbers")
        return [float(value) for value in values]

    def _list_item(self, index: int) -> "JsonValue":
        if not isinstance(self.value, list) or not -len(self.value) <= index < len(self.value):
            self._refuse(f"a list with an item {index}")
        return JsonValue(self.value[index], self.file, f"{self.key_path}[{index}]")

    def _refuse(self, expected: str, found: str | None = None, cure: str = "correct the file") -> NoReturn:
        raise InputError(self.place, found or describe(self.value), expected, cure)


def read_json(path: str | os.PathLike) -> JsonValue:
    """Read a JSON file.

    Raises:
        InputError: the file is missing or is not JSON, which is named with line and column, or names a member
            of an object twice.
    """
    path = Path(path)
    return parse_json(read_text(path, "a JSON file"), path)


def read_text(path: Path, expected: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its mark, as some editors and shells write."""
    try:
        data = path.read_bytes()
        is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return data.decode("utf-16" if is_wide else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, describe_failure(path, error), expected, "check the name") from error


def parse_json(text: str, path: Path) -> JsonValue:
    """The value of a JSON text; InputError as of `read_json`."""
    try:
        return JsonValue(json.loads(text, object_pairs_hook=partial(_object, path)), path)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # ValueError also for whole numbers of thousands of digits
        found = "JSON nested too deeply" if isinstance(error, RecursionError) else f"{error}"
        raise InputError(path, found, "valid JSON", _cure(text, error)) from error


def _cure(text: str, error: Exception) -> str:
    """Of a file that is cut off, or of one that some programs read all the same."""
    at = getattr(error, "pos", len(text))
    if not text[at:].strip() or "Unterminated" in str(error):
        return "the file may be cut off: make or fetch it again"
    return "correct it there: double quotes, no comments, no comma before a closing bracket"


def _object(path: Path, members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        twice = Counter(name for name, _ in members).most_common(1)[0][0]
        raise InputError(path, f"the member {twice!r} twice in one object", "each once", "take one out")
    return found


def write_json(path: str | os.PathLike, content: object) -> None:
    """Write `content` as indented JSON, whole or not at all. NaN and infinity are refused (ValueError)."""
    text = json.dumps(content, indent=1, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def describe(value: object) -> str:
    """A short description of a JSON value for a message."""
    if isinstance(value, dict):
        return f"an object with {len(value)} members"
    if isinstance(value, list):
        is_flat = value and not any(isinstance(one, dict | list) for one in value[:3])
        return f"a list of {len(value)} items" + (f" starting {value[:3]}" if is_flat else "")
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def describe_failure(path: Path, error: Exception) -> str:
    """What is wrong with a file that could not be opened, in the words of a message."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if path.is_dir():
        return "a folder"
    if isinstance(error, PermissionError):
        return "a file that may not be read"
    if isinstance(error, UnicodeDecodeError):
        return "bytes that are not text"
    if isinstance(error, MemoryError):
        return "more than there is memory for"
    return str(error)


def _is_number(value: object) -> TypeGuard[int | float]:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False
