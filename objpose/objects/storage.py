"""An onboarded object on disk: a folder with `object.json` and the arrays that it names.

`object.json` is written last, in one step, and names its arrays by their content: a reader finds the old
object or the new one, whole, and whatever breaks a write off leaves the old one. What is made of the object
later is kept beside them (`store.py`); of one from views there is `splats.ply` too, for viewers of splats.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from objpose.errors import InputError, warn_input
from objpose.io import atomic_path
from objpose.objects.kept_arrays import owner, write_arrays
from objpose.objects.locks import locked
from objpose.objects.object_model import ObjectModel
from objpose.objects.splat_files import save_splats
from objpose.objects.stored_model import FORMAT, READ, SPLATS, meta_of, model_of

META = "object.json"
ARRAYS_OF_FORMAT_1 = "arrays.safetensors"
OURS = re.compile(r"object\.json|splats\.ply|.*\.safetensors|\..*\.tmp(\..*)?")  # names of our files
READ_AGAIN = 20  # times that an object may be replaced while it is read
CURE = "onboard the object again"
OUTDATED = "an object of an earlier version, whose thin walls may face the wrong way"


def save_object(model: ObjectModel, folder: Path, replace: bool) -> Path:
    """Write the object into `folder`; the same object may be there, another one when it is to be replaced."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cure = "choose another place for it"
        raise InputError(folder, f"{error.strerror}", "a folder to write into", cure) from error
    with locked(folder):
        check_free(folder, model.source.get("digest"), replace)
        try:
            _write(model, folder)
        except OSError as error:
            cure = "make room, or choose another place with out="
            raise InputError(folder, error.strerror or error, "an object to be written", cure) from error
        finally:
            _clear(folder)
    return folder


def load_saved_object(folder: Path) -> ObjectModel:
    """Warns of one that an earlier version onboarded.

    Raises:
        InputError: naming the folder, when a file is missing, torn or of another format.
    """
    model = _loaded(folder)
    if is_outdated(folder):
        warn_input(folder, OUTDATED, "one of this version, for its poses to be right", CURE)
    return model


def is_outdated(folder: Path) -> bool:
    """Whether the object that a folder holds was onboarded by an earlier version.

    Raises:
        InputError: it cannot be read.
    """
    return _read_meta(folder)["format"] != FORMAT


def _loaded(folder: Path) -> ObjectModel:
    meta, arrays = _read_whole(folder)
    try:
        return model_of(meta, arrays, folder)
    except KeyError as error:
        found = f"a damaged file (no {error.args[0]})"
        raise InputError(folder, found, "an onboarded object", CURE) from error
    except InputError as error:
        raise InputError(folder, f"a damaged file ({error})", "an onboarded object", CURE) from error


def arrays_name(model: ObjectModel) -> str:
    """Of the file of its arrays."""
    return f"arrays-{model.content[:12]}.safetensors"


def is_object(folder: Path) -> bool:
    """Whether an onboarded object is kept there."""
    return (folder / META).is_file()


def check_free(folder: Path, digest: str | None, replace: bool, other_name: str | None = None) -> None:
    """digest: of what the object is onboarded from; other_name: one that it could be told to take.

    Raises:
        InputError: a folder of something else, and of another object unless it is to be replaced.
    """
    if not is_object(folder):
        is_ours = folder.is_dir() and all(OURS.fullmatch(path.name) for path in folder.iterdir())
        if folder.exists() and not is_ours:
            found, cure = "a folder that holds something else", "choose another name or move it away"
            raise InputError(folder, found, "an onboarded object or nothing", cure)
        return
    if not replace and (digest is None or _source(folder).get("digest") != digest):
        example = f"{other_name!r}" if other_name and other_name != folder.name else ""
        cure = f"give it a name of its own with name={example}, or take the place with replace=True"
        raise InputError(folder, f"another object{_described(folder)}", "no object, or the same one", cure)


def _source(folder: Path) -> dict:
    """What the object of a folder was made from; empty where that cannot be read."""
    try:
        return _read_meta(folder).get("source") or {}
    except InputError:
        return {}


def _described(folder: Path) -> str:
    try:
        meta = _read_meta(folder)
    except InputError:
        return ", which cannot be read"
    source = _source(folder)
    made_from = source.get("mesh") or (f"{source['views']} views" if source.get("views") else "a mesh")
    size = meta.get("diameter")
    return f" (of {made_from}" + (f", {size * 1000:.1f} mm across)" if isinstance(size, float) else ")")


def content_of(folder: Path) -> str | None:
    """The content of the object that a folder holds; None where it holds none."""
    try:
        meta = _read_meta(folder)
        if meta["format"] == FORMAT and meta.get("content"):
            return meta["content"]
        return _loaded(folder).content  # earlier formats count less, or none of it, as content
    except InputError:
        return None


def _write(model: ObjectModel, folder: Path) -> None:
    name = arrays_name(model)
    write_arrays(folder / name, model.arrays())
    if model.fitted is not None:
        save_splats(folder / SPLATS, model.fitted)
    with atomic_path(folder / META) as fresh:
        fresh.write_text(json.dumps(meta_of(model) | {"arrays": name}, indent=1) + "\n")


def _clear(folder: Path) -> None:
    """Remove what other objects and broken-off writes left of our files; a folder of nothing goes too."""
    content, kept = content_of(folder), set()
    if is_object(folder):
        if content is None:
            return  # damaged, and not by us
        meta = _read_meta(folder)
        kept = {META, _arrays_name(meta)} | ({SPLATS} if meta.get("is_from_views") else set())
    for path in folder.iterdir():
        if OURS.fullmatch(path.name) and path.name not in kept and owner(path) != (content or path):
            path.unlink(missing_ok=True)
    if not kept:
        with suppress(OSError):
            folder.rmdir()


def _read_whole(folder: Path) -> tuple[dict, dict[str, Tensor]]:
    """Meta and arrays that belong together, also while another process replaces the object."""
    for _ in range(READ_AGAIN):
        meta = _read_meta(folder)
        name = _arrays_name(meta)
        try:
            return meta, load((folder / name).read_bytes())  # opened once: it may go at any moment
        except FileNotFoundError:
            if _arrays_name(_read_meta(folder)) == name:
                break
        except (ValueError, SafetensorError) as error:
            found = f"a damaged file ({name}: {error})"
            raise InputError(folder, found, "an onboarded object", CURE) from error
    raise InputError(folder, f"no {name}", "an onboarded object", CURE)


def _read_meta(folder: Path) -> dict:
    try:
        meta = json.loads((folder / META).read_text())
    except OSError as error:
        found = f"no {META}" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputError(folder, found, "an onboarded object", CURE) from error
    except ValueError as error:  # no JSON, or not even text
        raise InputError(folder, f"a damaged file ({error})", "an onboarded object", CURE) from error
    found = meta.get("format") if isinstance(meta, dict) else None
    if found not in READ:
        raise InputError(folder, f"format {found}", f"format {FORMAT}", CURE)
    return meta


def _arrays_name(meta: dict) -> str:
    """The name of the file of arrays; never a path out of the folder."""
    return Path(str(meta.get("arrays", ARRAYS_OF_FORMAT_1))).name
