"""One run of `objpose track`: what it is of, what it has found so far, how it goes on when interrupted.

Each frame is a line of JSON in OUT/track.partial, behind a line that tells the run; the tables are made of
it at the end.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from objpose.cli.track_records import OF_THIS_FRAME, state_record
from objpose.errors import InputError
from objpose.io.atomic import atomic_path, named_refusals

if TYPE_CHECKING:
    from objpose import SE3, TrackState
    from objpose.io.frame_sources import Shot

PARTIAL, STATES = "track.partial", "states.json"
OUTPUTS = ("poses.csv", STATES, "strip.jpg", "overlay.mp4")
CURE = "choose another --out, or give --replace to lose what is there"


@dataclass(frozen=True)
class Run:
    folder: Path
    identity: dict  # what tells this run from others

    @staticmethod
    def begin(folder: Path, identity: dict, replace: bool) -> Run:
        """The run, new or gone on with.

        Raises:
            InputError: the folder holds what is of another run, and is not to be replaced.
        """
        run = Run(folder, identity)
        if not replace:
            run._refuse_other()
        if run.partial.is_file() and (replace or not run._goes_on()):
            click.echo(f"{run.partial}: of other settings or another file; begun anew", err=True)
            run.partial.unlink()
        if not run.partial.is_file():
            with atomic_path(run.partial) as fresh:
                fresh.write_text(json.dumps(identity) + "\n")
        return run

    @property
    def partial(self) -> Path:
        return self.folder / PARTIAL

    def append(self, shot: Shot, states: tuple[TrackState, ...]) -> None:
        """Keep what was found in a frame."""
        record = {"frame": shot.index, "name": shot.name, "timestamp": shot.timestamp}
        with named_refusals(self.partial), self.partial.open("a") as file:
            file.write(json.dumps(record | {"states": [state_record(state) for state in states]}) + "\n")

    def records(self) -> Iterator[dict]:
        """What was found in each frame so far."""
        with self.partial.open() as file:
            next(file)
            yield from map(json.loads, file)

    def goes_on_at(self, step: int, given: dict[str, SE3]) -> tuple[int, dict[str, SE3]]:
        """The frame to begin with, and where each object starts: where it was when the run was interrupted.

        given: where they are in the first frame. An object that was lost then is looked for.
        """
        from objpose import SE3

        newest = next(iter(deque(self.records(), maxlen=1)), None)
        if newest is None:
            return 0, given
        first = newest["frame"] + step
        click.echo(f"goes on from frame {first} of an interrupted run, from the poses of then", err=True)
        followed = [state for state in newest["states"] if state["status"] in OF_THIS_FRAME]
        return first, {state["object"]: SE3.from_matrix(state["cam_from_obj"]) for state in followed}

    def end(self) -> None:
        """Called when all is written."""
        self.partial.unlink()

    def _goes_on(self) -> bool:
        """Whether the partial file is of this very run; a line that was cut off is taken out of it."""
        content = self.partial.read_bytes()
        first, end, _ = content.partition(b"\n")
        if not end or json.loads(first) != self.identity:
            return False
        os.truncate(self.partial, content.rfind(b"\n") + 1)  # behind it is nothing, or what was cut off
        return True

    def _refuse_other(self) -> None:
        """See that what is in the folder is of the same frames and objects."""
        there = [name for name in (*OUTPUTS, PARTIAL) if (self.folder / name).exists()]
        if not there:
            return
        of = self._of_what_is_there()
        if of is None:
            found = f"{', '.join(there)}, which is not of objpose track"
            raise InputError(self.folder, found, "a folder for its results", CURE)
        for name in ("frames", "objects"):
            if of[name] != self.identity[name]:
                found, expected = (f"the {name} {_words(one[name])}" for one in (of, self.identity))
                raise InputError(self.folder, f"a track of {found}", f"none, or one of {expected}", CURE)

    def _of_what_is_there(self) -> dict | None:
        """The identity of the run whose results, or beginnings, lie in the folder; None where none does."""
        try:
            if self.partial.is_file():
                with self.partial.open() as file:
                    return json.loads(file.readline())
            return json.loads((self.folder / STATES).read_text())["run"]
        except (OSError, ValueError, KeyError, TypeError):
            return None  # the refusal says that these are no results of ours


def _words(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def identity_of(frames: Path | None, objects: list[str], settings: dict) -> dict:
    """What tells a run from others: what it reads, as it was last changed, what it looks for, and how."""
    changed = None if frames is None else frames.stat().st_mtime
    place = "a camera" if frames is None else str(frames.resolve())
    return {"frames": place, "objects": objects, "changed": changed, "settings": settings}


def read_start(path: Path, objects: list[str]) -> dict[str, SE3]:
    """The first pose of each object in a poses.json of `objpose estimate`, or in JSON of matrices by name.

    Raises:
        InputError: no such file, no pose of any of the objects, or a matrix that is no rigid motion.
    """
    from objpose.io import read_json
    from objpose.io.photo_cameras import read_motion

    content = read_json(path)
    if "poses" in content:
        poses = [(item["object"].text(), item["cam_from_obj"]) for item in content["poses"].items()]
    else:
        poses = list(content.members())
    found: dict[str, SE3] = {}
    for name, value in poses:
        if name in objects and name not in found:
            found[name] = read_motion(value)
    if not found:
        said = ", ".join(name for name, _ in poses) or "none"
        raise InputError(path, f"poses of {said}", f"one of {', '.join(objects)}", "check the names")
    return found
