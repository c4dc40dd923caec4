"""OpenCV's XML as plain values. A file that declares entities is refused, so that none can multiply."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from objpose.errors import InputError

MOST_NESTED = 50


class _Builder(ElementTree.TreeBuilder):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise InputError(self.file, "a DOCTYPE", "plain XML as OpenCV writes", "take the DOCTYPE out")


def parse_xml(text: str, file: Path) -> object:
    """The members of `<opencv_storage>`, or of whatever the outermost element is."""
    parser = ElementTree.XMLParser(target=_Builder(file))
    try:
        parser.feed(text)
        root = parser.close()
    except ElementTree.ParseError as error:
        raise InputError(file, error, "valid XML", "make or fetch the file again") from error
    return _value(root, file, 0)


def _value(element: ElementTree.Element, file: Path, depth: int) -> object:
    if depth > MOST_NESTED:
        raise InputError(file, "elements nested too deeply", "a camera file", "correct the file")
    if len(element) == 0:
        return _leaf(element.text or "", is_list=element.tag == "data")
    names = [child.tag for child in element]
    values = [_value(child, file, depth + 1) for child in element]
    if set(names) == {"_"}:
        return values
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise InputError(file, f"<{twice}> twice in <{element.tag}>", "each member once", "correct the file")
    return dict(zip(names, values, strict=True))


def _leaf(text: str, is_list: bool) -> object:
    """A number, a list of numbers, or text."""
    words = text.split()
    try:
        numbers = [int(word) if word.lstrip("+-").isdigit() else float(word) for word in words]
    except ValueError:
        return text.strip().strip('"')
    if not words:
        return [] if is_list else None
    return numbers if is_list or len(numbers) > 1 else numbers[0]
