"""What a GPU would have been asked for, by stage, by line of the package, and by what was asked."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[2] / "objpose") + "/"
KINDS = ("launches", "syncs", "uploads", "mismatches")

Entry = tuple[str, str, str]  # stage; file:line of the package; the operation


@dataclass
class Counts:
    """Of one stretch of work.

    syncs: waits of the host for the device: copies back, numbers read, shapes that depend on values, and
    uploads that are not `non_blocking`, which wait for their own end behind all that was queued before.
    uploads: all copies from the host. mismatches: what a real device raises an error for.
    """

    launches: Counter[Entry] = field(default_factory=Counter)
    syncs: Counter[Entry] = field(default_factory=Counter)
    uploads: Counter[Entry] = field(default_factory=Counter)
    mismatches: Counter[Entry] = field(default_factory=Counter)
    stage: str = "rest"  # until a lap of the clock gives it a name

    def add(self, kind: str, operation: str, times: int = 1) -> None:
        getattr(self, kind)[self.stage, package_line(), operation] += times

    def lap(self, name: str) -> None:
        """What was counted since the lap before is of this stage."""
        for kind in KINDS:
            counter: Counter[Entry] = getattr(self, kind)
            for entry in [entry for entry in counter if entry[0] == self.stage]:
                counter[name, entry[1], entry[2]] += counter.pop(entry)

    def clear(self) -> None:
        """Count from here on."""
        for kind in KINDS:
            getattr(self, kind).clear()

    def total(self, kind: str) -> int:
        return getattr(self, kind).total()

    def table(self) -> str:
        """One row a stage, in the order in which they began."""
        stages = dict.fromkeys(entry[0] for kind in KINDS for entry in getattr(self, kind))
        rows = [f"{'stage':<14}" + "".join(f"{kind:>12}" for kind in KINDS)]
        for stage in (*stages, None):
            numbers = [self._of(kind, stage) for kind in KINDS]
            rows.append(f"{stage or 'all':<14}" + "".join(f"{number:>12}" for number in numbers))
        return "\n".join(rows)

    def lines(self, kind: str, most: int = 40) -> str:
        """The lines of the package that ask for most of a kind."""
        found = getattr(self, kind).most_common(most)
        return "\n".join(f"{times:6}  {'  '.join(entry)}" for entry, times in found)

    def _of(self, kind: str, stage: str | None) -> int:
        return sum(n for entry, n in getattr(self, kind).items() if stage in (None, entry[0]))


def package_line() -> str:
    """file:line of the innermost frame that is of the package."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(PACKAGE):
            return f"{name.removeprefix(PACKAGE)}:{frame.f_lineno}"
        frame = frame.f_back
    return "elsewhere"
