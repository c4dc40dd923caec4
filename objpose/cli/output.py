"""Where commands write their answer: seen to before the work, and no reason to lose the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.failures import NOT_WRITTEN
from objpose.errors import InputError, warn_input

if TYPE_CHECKING:
    import numpy as np

OUT = Path("objpose_output")


@dataclass(frozen=True)
class Output:
    folder: Path | None  # None: nothing is written
    as_json: bool
    is_asked: bool  # by --out, so that it is a failure where nothing can be written

    @staticmethod
    def of(out: Path | None, as_json: bool) -> Output:
        """The folder asked for, or the default one unless JSON is asked for; warns where it is of no use."""
        from objpose.io.atomic import check_writable

        if out is None and as_json:
            return Output(None, as_json, False)
        folder = out or OUT
        try:
            check_writable(folder / "poses.json")
        except InputError as error:
            _warn(folder, error.found)
            return Output(None, as_json, out is not None)
        return Output(folder, as_json, out is not None)

    def answer(self, records: dict, words: str, overlay: Callable[[], np.ndarray]) -> None:
        """Print the words, or the records as JSON; write, or leave with a code where --out asked in vain."""
        click.echo(json.dumps(records, indent=1) if self.as_json else words)
        written = self._write(records, overlay)
        if written and not self.as_json:
            click.echo(f"written to {' and '.join(map(str, written))}")
        if not written and self.is_asked:
            click.get_current_context().exit(NOT_WRITTEN)

    def _write(self, records: dict, overlay: Callable[[], np.ndarray]) -> list[Path]:
        """The files written, each whole; none, with a warning, where they could not be."""
        from objpose.io import write_image, write_json

        if self.folder is None:
            return []
        try:
            write_json(self.folder / "poses.json", records)
            write_image(self.folder / "overlay.png", overlay())
        except (OSError, InputError) as error:
            found = error.found if isinstance(error, InputError) else error.strerror
            _warn(self.folder, found or error)
            return []
        return [self.folder / "poses.json", self.folder / "overlay.png"]


def _warn(folder: Path, found: object) -> None:
    cure = "the poses are printed alone; choose another place with --out"
    warn_input(folder, found, "a folder for poses.json and overlay.png", cure)
