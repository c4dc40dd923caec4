"""The journal of a run: one line for each finished image, on the disk before the next image starts.

A run that is killed, at any point, loses at most the image it was working on. The last line may then be torn;
it is dropped when the run resumes, and its image is done again.
"""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from objpose.errors import InputError
from objpose.io.atomic import make_parent, named_refusals, sync_file


@dataclass(frozen=True)
class JournalEstimate:
    """One estimate; numbers survive the journal exactly."""

    obj_id: int
    score: float
    wxyz_xyz: tuple[float, ...]  # cam_from_obj: unit quaternion, metres


@dataclass(frozen=True)
class ImageRecord:
    """The outcome of one image."""

    scene_id: int
    im_id: int
    time_s: float
    estimates: tuple[JournalEstimate, ...]
    problem: str | None = None  # why the method could not work on the image


class Journal:
    """An open journal, locked against a second run; `records` holds the images that are done."""

    def __init__(self, path: Path, file: BinaryIO, records: list[ImageRecord]) -> None:
        self.path, self.records, self._file = path, records, file

    @staticmethod
    def start(path: Path, fingerprint: dict[str, object]) -> "Journal":
        """A new journal.

        Raises:
            InputError: there is one already, from a run that did not finish.
        """
        make_parent(path)
        try:
            file = path.open("xb")
        except FileExistsError as error:
            raise InputError(
                path, "the journal of a run that did not finish", "none",
                "go on with --resume, or remove it to start again",
            ) from error  # fmt: skip
        _lock(file, path)
        journal = Journal(path, file, [])
        journal._append({"fingerprint": fingerprint})
        sync_file(path.parent)
        return journal

    @staticmethod
    def resume(path: Path, fingerprint: dict[str, object]) -> "Journal":
        """The journal at `path`, ready to go on; a new one where there is none or only a torn first line.

        Raises:
            InputError: it belongs to a run with other settings, it is damaged, or another run is writing it.
        """
        if not path.is_file():
            return Journal.start(path, fingerprint)
        file = path.open("r+b")
        _lock(file, path)
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        file.truncate(len(whole))
        file.seek(len(whole))
        if not lines:
            journal = Journal(path, file, [])
            journal._append({"fingerprint": fingerprint})
            return journal
        _check_fingerprint(path, _parse_line(path, 1, lines[0]).get("fingerprint"), fingerprint)
        records = [_record(path, number, line) for number, line in enumerate(lines[1:], start=2)]
        return Journal(path, file, records)

    def add(self, record: ImageRecord) -> None:
        """Append the outcome of an image and wait until it is on the disk."""
        self._append(asdict(record))
        self.records.append(record)

    def close(self) -> None:
        """Close and unlock; the file stays, for `--resume`."""
        with suppress(OSError):  # a full disk, which the write that it broke off has told
            self._file.close()

    def remove(self) -> None:
        """Close and delete."""
        self.path.unlink()
        self.close()

    def _append(self, content: dict[str, object]) -> None:
        line = json.dumps(content, allow_nan=False).encode() + b"\n"
        with named_refusals(self.path):
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())


def journal_path(out: Path) -> Path:
    """The journal of a result file: beside it, with `.journal` after its name."""
    return out.with_name(out.name + ".journal")


def _lock(file: BinaryIO, path: Path) -> None:
    """Hold the file until it is closed or the process ends, however it ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise InputError(
            path, "another run writing it", "one run", "wait for it, or choose another --out"
        ) from error


def _check_fingerprint(path: Path, found: object, expected: dict[str, object]) -> None:
    if not isinstance(found, dict):
        raise _damaged(path, 1)
    differing = [name for name in sorted({*found, *expected}) if found.get(name) != expected.get(name)]
    if differing:
        name = differing[0]
        raise InputError(
            path, f"a run with {name} {found.get(name)}", f"{name} {expected.get(name)}",
            "resume with the settings of that run, or remove the journal to start again",
        )  # fmt: skip


def _parse_line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise _damaged(path, number) from error
    if not isinstance(content, dict):
        raise _damaged(path, number)
    return content


def _record(path: Path, number: int, line: bytes) -> ImageRecord:
    content = _parse_line(path, number, line)
    try:
        estimates = tuple(
            JournalEstimate(e["obj_id"], e["score"], tuple(e["wxyz_xyz"])) for e in content.pop("estimates")
        )
        return ImageRecord(estimates=estimates, **content)
    except (KeyError, TypeError) as error:
        raise _damaged(path, number) from error


def _damaged(path: Path, number: int) -> InputError:
    return InputError(
        f"{path}: line {number}", "a damaged line", "a finished image", "remove the journal to start again"
    )
