"""YAML as plain values: of YAML 1.2's core schema, without tags, merges or objects of any language.

Only the parser of PyYAML is used, whose events are built up here: nothing is constructed that a file asks
for, a name that stands twice is seen, and aliases cannot multiply.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from objpose.errors import InputError
from objpose.io.camera_files.numbers import MOST_MEMBERS

INTEGER = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN|Nan)")
WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: value for value in (True, False) for word in (f"{value}", f"{value}".lower(), f"{value}".upper())
}
MOST_NESTED = 50


def parse_yaml(text: str, file: Path) -> list[object]:
    """The documents of a file that are not empty.

    Raises:
        InputError: it is no YAML; names the line.
    """
    # OpenCV's own heading is no YAML directive.
    text = re.sub(r"\A%YAML:", "# YAML ", text)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.add(event)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        found = str(error).replace('in "<unicode string>", ', "at ")
        raise InputError(file, found, "valid YAML", "correct it there, or make or fetch it again") from error
    return [_nested(document) for document in builder.documents if document is not None]


def _nested(document: object) -> object:
    """ORB-SLAM's `Camera.fx: 500` as a member fx of an object Camera; also where it is the first of one."""
    if not isinstance(document, dict) or not any("." in name for name in document):
        return document
    nested: dict[str, object] = {}
    is_alone = not any(name.startswith("Camera2.") for name in document)
    for name, value in document.items():
        group, _, rest = name.removeprefix("RGBD.").partition(".")
        group = "Camera" if group == "Camera1" and is_alone else group
        inner = nested.setdefault(group, {}) if rest else nested
        if not isinstance(inner, dict) or (rest or group) in inner:
            return document
        inner[rest or group] = value
    return nested


class _Builder:
    """Values from the parser's events: a stack of the lists and mappings that are open."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.documents: list[object] = []
        self.open: list[list | dict] = []
        self.names: list[str | None] = []  # of the member that an open mapping waits for
        self.anchors: dict[str, object] = {}
        self.count = 0  # of members and lists

    def add(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}
        elif isinstance(event, yaml.ScalarEvent):
            value = _scalar(event.value) if not event.style else event.value
            if self._waits_for_a_name():
                self._name(event.value, event)
            else:
                self._put(value, event)
        elif isinstance(event, yaml.AliasEvent):
            self._put(self._anchored(event), event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self.open.pop()
            self.names.pop()

    def _begin(self, value: list | dict, event: yaml.Event) -> None:
        self._put(value, event)
        self.open.append(value)
        self.names.append(None)
        self._count(event)
        if len(self.open) > MOST_NESTED:
            self._refuse(event, "lists nested too deeply", "a camera file")

    def _put(self, value: object, event: yaml.Event) -> None:
        if getattr(event, "anchor", None) and not isinstance(event, yaml.AliasEvent):
            self.anchors[event.anchor] = value
        if not self.open:
            self.documents.append(value)
        elif isinstance(self.open[-1], list):
            self.open[-1].append(value)
        elif self.names[-1] is None:
            self._refuse(event, "a list or mapping as a name", "names of members")
        else:
            self.open[-1][self.names[-1]] = value
            self.names[-1] = None

    def _waits_for_a_name(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1], dict) and self.names[-1] is None

    def _name(self, name: str, event: yaml.Event) -> None:
        if name in self.open[-1]:
            self._refuse(event, f"{name!r} twice", "each member once")
        self.names[-1] = name
        self._count(event)

    def _count(self, event: yaml.Event) -> None:
        self.count += 1
        if self.count > MOST_MEMBERS:
            self._refuse(event, f"over {MOST_MEMBERS} members", "a camera file")

    def _anchored(self, event: yaml.AliasEvent) -> object:
        """What an alias stands for: a plain value or a list of such, so that none can multiply."""
        value = self.anchors.get(event.anchor)
        if isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(one, list | dict) for one in value)
        ):
            self._refuse(event, f"an alias *{event.anchor} of nested values", "them written out")
        return list(value) if isinstance(value, list) else value

    def _refuse(self, event: yaml.Event, found: str, expected: str) -> None:
        line = event.start_mark.line + 1
        raise InputError(f"{self.file}: line {line}", found, expected, "correct the file")


def _scalar(text: str) -> object:
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text) and len(text) < 400:
        return int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    special = SPECIAL.fullmatch(text)
    return float(special[1] + special[2]) if special else text
