"""OpenCV's XML as plain values. A file that declares entities is refused, so that none can multiply.

Values are built from the parser's events: no tree of elements is ever held.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from objpose.errors import InputError
from objpose.io.camera_files.numbers import MOST_MEMBERS, MOST_NUMBERS

MOST_NESTED = 50


@dataclass(slots=True)
class _Open:
    """An element that has begun: its members or items, and its text."""

    tag: str
    members: dict[str, object] = field(default_factory=dict)
    items: list[object] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def parse_xml(text: str, file: Path) -> object:
    """The members of `<opencv_storage>`, or of whatever the outermost element is."""
    builder = _Builder(file)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse_doctype
    parser.StartElementHandler = builder.begin
    parser.CharacterDataHandler = builder.add_text
    parser.EndElementHandler = builder.end
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise InputError(file, error, "valid XML", "make or fetch the file again") from error
    return builder.value


class _Builder:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.value: object = None
        self.open: list[_Open] = []
        self.count = 0  # of members and lists

    def refuse_doctype(self, name: str, *_: object) -> None:
        if name.lower() == "html":
            raise InputError(self.file, "a web page", "a camera file", "download the file itself")
        raise InputError(self.file, "a DOCTYPE", "plain XML as OpenCV writes", "take the DOCTYPE out")

    def begin(self, tag: str, _: dict) -> None:
        if len(self.open) > MOST_NESTED:
            raise InputError(self.file, "elements nested too deeply", "a camera file", "correct the file")
        self.open.append(_Open(tag))

    def add_text(self, text: str) -> None:
        self.open[-1].text.append(text)

    def end(self, tag: str) -> None:
        done = self.open.pop()
        value = done.items or done.members or _leaf("".join(done.text), is_list=tag == "data")
        self.count += tag != "_" or bool(done.items or done.members)
        if self.count > MOST_MEMBERS:
            raise InputError(self.file, f"over {MOST_MEMBERS} members", "a camera file", "check the name")
        if not self.open:
            self.value = value
        elif tag == "_":
            self.open[-1].items.append(value)
        elif tag in self.open[-1].members:
            found = f"<{tag}> twice in <{self.open[-1].tag}>"
            raise InputError(self.file, found, "each member once", "correct the file")
        else:
            self.open[-1].members[tag] = value


def _leaf(text: str, is_list: bool) -> object:
    """A number, a list of numbers, or text; of more numbers than any camera has, the text."""
    words = text.split(None, MOST_NUMBERS)
    if len(words) > MOST_NUMBERS:
        return text
    try:
        numbers = [int(word) if word.lstrip("+-").isdigit() else float(word) for word in words]
    except ValueError:
        return text.strip().strip('"')
    if not words:
        return [] if is_list else None
    return numbers if is_list or len(numbers) > 1 else numbers[0]
