"""BOP sets from the hub that their authors keep them on, unpacked; what is there is not fetched again."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from objpose.errors import InputError
from objpose.io.atomic import atomic_path, check_writable

OWNER = "bop-benchmark"
ARCHIVES = ".archives"  # folder in the set's: what was fetched, and marks of what is unpacked
UNPACKED = ".unpacked"
KINDS = ("base", "models", "test")
# Whose failures are those of the way to the hub; which of them it goes by, its client's version decides.
NETWORK = ("huggingface_hub", "requests", "urllib3", "httpx", "httpx2", "httpcore")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True)
class Downloaded:
    """folder: of the set. archives: that were unpacked now. kept: that had been before."""

    folder: Path
    archives: tuple[str, ...]
    kept: tuple[str, ...]


def download_set(
    name: str,
    out: str | os.PathLike[str],
    kinds: Sequence[str] = KINDS,
    endpoint: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Downloaded:
    """Fetch and unpack a BOP set into OUT/NAME; called again after an interruption it goes on.

    kinds: beginnings of the archives' names after the set's: "base", "models", "test", "train_pbr". Of
    several archives of test images the one of BOP's targets (bop19, bop24) is taken, unless more is said.
    endpoint: of the hub; None for huggingface_hub's own, which HF_ENDPOINT sets.

    Raises:
        InputError: no such set or archive, no way to the hub, a broken archive, or too little room.
    """
    if not NAME.fullmatch(name):
        raise InputError("set", repr(name), "the name of a BOP set, as lmo", "see bop.felk.cvut.cz/datasets")
    folder = Path(out) / name
    check_writable(folder)
    store = folder / ARCHIVES
    with hub_failures(name):
        chosen = _chosen(_archives(name, endpoint), name, kinds)
    fresh = [file for file in chosen if not (store / f"{file}{UNPACKED}").is_file()]
    for file in fresh:
        say(f"fetching {file}")
        with hub_failures(name):
            fetched = _fetched(name, file, store, endpoint)
        say(f"unpacking {file}")
        _unpack(fetched, folder, name)
        with atomic_path(store / f"{file}{UNPACKED}") as mark:
            mark.write_text("unpacked; its archive may be deleted\n", encoding="ascii")
        fetched.unlink()
    return Downloaded(folder, tuple(fresh), tuple(file for file in chosen if file not in fresh))


def _archives(name: str, endpoint: str | None) -> list[str]:
    from huggingface_hub import HfApi

    files = HfApi(endpoint=endpoint).list_repo_files(f"{OWNER}/{name}", repo_type="dataset")
    return sorted(file for file in files if file.startswith(f"{name}_"))


def _fetched(name: str, file: str, store: Path, endpoint: str | None) -> Path:
    """The archive, from where an earlier call stopped: huggingface_hub itself begins anew each time."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # public, not exported

    url = hf_hub_url(f"{OWNER}/{name}", file, repo_type="dataset", endpoint=endpoint)
    about = get_hf_file_metadata(url)
    store.mkdir(parents=True, exist_ok=True)
    part = store / f"{file}.{(about.etag or 'unknown')[:16]}.part"  # of this very content
    with part.open("ab") as out:
        there = part.stat().st_size
        if about.size is None or there < about.size:
            http_get(url, out, resume_size=there, headers=build_hf_headers(), expected_size=about.size)
    os.replace(part, store / file)
    return store / file


def _chosen(files: list[str], name: str, kinds: Sequence[str]) -> list[str]:
    found: list[str] = []
    for kind in kinds:
        of_kind = [file for file in files if file.startswith(f"{name}_{kind}") and file.endswith(".zip")]
        targets = [file for file in of_kind if "_bop" in file]
        if kind == "test" and targets:
            of_kind = targets
        if not of_kind:
            known = ", ".join(file.removeprefix(f"{name}_") for file in files) or "none"
            raise InputError(
                f"set {name}", f"no archive of {kind!r}", f"one of {known}", "choose with --archive"
            )
        parts = [file for file in files if any(file.startswith(zipped[:-4] + ".z0") for zipped in of_kind)]
        if parts:
            cure = "fetch its parts by hand and join them: zip -s0 PARTS.zip --out WHOLE.zip"
            raise InputError(f"set {name}", f"{of_kind[0]} in {len(parts) + 1} parts", "one archive", cure)
        found += [file for file in of_kind if file not in found]
    return found


def _unpack(archive: Path, folder: Path, name: str) -> None:
    """Into the set's folder, which some archives name and others do not."""
    try:
        with zipfile.ZipFile(archive) as opened:
            needed, free = (
                sum(member.file_size for member in opened.infolist()),
                shutil.disk_usage(folder).free,
            )
            if needed > free:
                found = f"{free >> 20} MiB free, where {needed >> 20} are needed"
                raise InputError(
                    folder, found, "room for the unpacked archive", "make room, or choose another place"
                )
            is_named = all(entry.split("/")[0] == name for entry in opened.namelist())
            opened.extractall(
                folder.parent if is_named else folder
            )  # names that lead elsewhere are cut short
    except (zipfile.BadZipFile, EOFError) as error:
        archive.unlink()
        raise InputError(archive, f"{error}", "a whole archive", "fetch it again: it was removed") from error


@contextmanager
def hub_failures(name: str) -> Iterator[None]:
    """Failures of the hub as one clear line."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        yield
    except RepositoryNotFoundError as error:
        cure = (
            "check the name at bop.felk.cvut.cz/datasets; of sets with a licence to accept, log in to the hub"
        )
        raise InputError(f"set {name}", f"no dataset {OWNER}/{name} on the hub", "a BOP set", cure) from error
    except InputError:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.split(".")[0] not in NETWORK:
            raise
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        cure = "see to the network and call again: what has come is kept"
        raise InputError(f"set {name}", f"no answer from the hub ({first})", "its archives", cure) from error
