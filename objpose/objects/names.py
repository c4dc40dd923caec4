"""Names of objects, and the places that are looked through for them."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from objpose.errors import InputError
from objpose.given import as_folder
from objpose.io.atomic import check_writable
from objpose.objects.storage import check_free, is_object

TEMPLATES = "templates"  # where objects are kept unless told otherwise
TEMPLATES_VARIABLE = "OBJPOSE_TEMPLATES"
LONGEST = 100  # bytes: file systems end at 255, and temporary names are longer
SHOWN = 12  # names that a refusal lists


def stores() -> list[Path]:
    """The folders that names are looked up in, the first one first."""
    named = os.environ.get(TEMPLATES_VARIABLE)
    return [Path(TEMPLATES), *([Path(named)] if named else [])]


def held(store: Path) -> list[str]:
    """The names of the objects that a folder holds."""
    try:
        return sorted(path.name for path in store.iterdir() if is_object(path))
    except OSError:
        return []


def known() -> list[str]:
    """The names of all stores, each once."""
    return list(dict.fromkeys(name for store in stores() for name in held(store)))


def did_you_mean(name: str) -> str:
    """What to do about a name that is not known, in view of those that are."""
    by_lower = {other.lower(): other for other in known()}
    close = [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower)]
    return f"did you mean {' or '.join(close)}?" if close else "onboard it first, or check the name"


def what_is_known() -> str:
    """A few words on what the stores hold."""
    names = known()
    if not names:
        return "one of those onboarded (there are none)"
    more = ", ..." if len(names) > SHOWN else ""
    return f"one of those onboarded ({', '.join(names[:SHOWN])}{more})"


def free_place(
    name: str, out: str | Path | None, digest: str, replace: bool, other_name: str | None = None
) -> Path | None:
    """The folder for a new object `name` under `out`; None for an `out` of None. Before any work is done.

    digest, other_name: see `check_free`.

    Raises:
        InputError: what is no name of a folder, one that an object of `out` has but for the case of
            letters, an `out` that cannot be written to, and a place that is taken.
    """
    if out is None:
        return None
    place = _place(name, as_folder(out, "out"))
    check_free(place, digest, replace, other_name)
    return place


def _place(name: str, out: Path) -> Path:
    cure = "give a plain name with name="
    wrong = next(
        (
            words
            for words, is_so in (
                ("a path", "/" in name or "\\" in name),
                ("a name that begins with a dot", name.startswith(".")),
                ("a name with spaces around it", name != name.strip()),
                ("a name with characters that cannot be printed", not name.isprintable()),
                (f"a name of {len(name.encode())} bytes", len(name.encode()) > LONGEST),
            )
            if is_so
        ),
        None,
    )
    if wrong:
        shown = name if len(name) <= LONGEST else f"{name[:40]}..."
        raise InputError(f"name {shown!r}", wrong, f"the plain name of a folder, up to {LONGEST} bytes", cure)
    for other in held(out):
        if other != name and other.lower() == name.lower():
            cure = f"choose another name with name=, or write it {other}"
            raise InputError(f"name {name!r}", f"the object {other} in {out}", "names that differ", cure)
    check_writable(out / name)
    return out / name
